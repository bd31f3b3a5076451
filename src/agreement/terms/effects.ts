/**
 * What a renegotiation does to machines that run, as our ws:Effects in the extension place of a wsag:Context: in the
 * agreement that it makes, in its counter-offers and in its alternatives. In an offer they say nothing.
 */
import { attribute, element, type XmlElement } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { printable } from '../lexical.ts';
import { WS } from '../names.ts';
import { withContext, withExtension } from './context-extension.ts';

/** One effect; of a new agreement there are none. */
export interface ChangeEffect {
	/** Machines keep running, change only after a restart, or start anew on another host. */
	readonly kind: 'live' | 'restart' | 'move';
	/** How many machines it is about. */
	readonly machines: number;
	/** The host that they leave: of a move. */
	readonly fromHost?: string;
	readonly message: string;
}

/** The document with these effects in its Context instead of whatever stood there; without any where there are none. */
export function withEffects(root: XmlElement, effects: readonly ChangeEffect[]): XmlElement {
	return declareNamespaces(
		withContext(root, (context) => withEffectsIn(context, effects)),
		root,
	);
}

/** The wsag:Context with these effects as its only ws:Effects. The very same element where that changes nothing. */
export function withEffectsIn(context: XmlElement, effects: readonly ChangeEffect[]): XmlElement {
	return withExtension(context, 'Effects', effects.length === 0 ? undefined : printEffects(effects));
}

function printEffects(effects: readonly ChangeEffect[]): XmlElement {
	const children = effects.map(({ kind, machines, fromHost, message }) => {
		const from = fromHost === undefined ? [] : [attribute('fromHost', fromHost)];
		const attributes = [attribute('kind', kind), attribute('machines', String(machines)), ...from];
		return element({ prefix: 'ws', namespace: WS, localName: 'Effect' }, attributes, [printable(message)]);
	});
	return element({ prefix: 'ws', namespace: WS, localName: 'Effects' }, [], children);
}
