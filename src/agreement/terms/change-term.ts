/** What a renegotiation may do to machines that run: the Change of our Workspace term. */
import { attribute, type DocumentIssue, element, type XmlElement } from '../../xml/element.ts';
import { addIssue, type Place, tokenAttribute, withoutAbsent } from '../document.ts';
import { WS } from '../names.ts';
import type { ChangeTerm, Permission } from './service.ts';

const PERMISSIONS: readonly Permission[] = ['allow', 'forbid'];

/** Reads a ws:Change; undefined where anything in it is wrong, with the issues. */
export function readChangeTerm(place: Place, issues: DocumentIssue[]): ChangeTerm | undefined {
	const before = issues.length;
	const permission = (name: 'restart' | 'move'): Permission | undefined => {
		const found = tokenAttribute(place.element, '', name);
		const known = PERMISSIONS.find((each) => each === found);
		if (found !== undefined && known === undefined) {
			const details = { found, allowed: PERMISSIONS.join(' or ') };
			addIssue(issues, 'VALUE_MALFORMED', `${place.path}/@${name}`, `${name} must be allow or forbid.`, details);
		}
		return known;
	};
	const term = withoutAbsent({ restart: permission('restart'), move: permission('move') });
	return issues.length > before ? undefined : term;
}

/** The element that says this, with the prefix of its parent. */
export function printChange(prefix: string, { restart, move }: ChangeTerm): XmlElement {
	const attributes = [
		...(restart === undefined ? [] : [attribute('restart', restart)]),
		...(move === undefined ? [] : [attribute('move', move)]),
	];
	return element({ prefix, namespace: WS, localName: 'Change' }, attributes);
}

export function isSameChange(one: ChangeTerm | undefined, other: ChangeTerm | undefined): boolean {
	if (one === undefined || other === undefined) return one === other;
	return one.restart === other.restart && one.move === other.move;
}
