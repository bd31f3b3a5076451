/** What the machines are made of and what becomes of them: our Workspace term. */
import { attributeValue, type DocumentIssue, textOf } from '../../xml/element.ts';
import { addIssue, optionalChild, type Place, placesWithin, requiredAttribute, requiredChild } from '../document.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { WS } from '../names.ts';
import { parseDuration } from '../time.ts';
import { readChangeTerm } from './change-term.ts';
import { readPlacementTerm } from './placement-term.ts';
import type { EndAction, WorkspaceTerm } from './service.ts';

/** Where the offer names no CPUShare: a virtual CPU may use one host CPU in full. */
export const CPU_SHARE_PERCENT_DEFAULT = 100;
/** Where the offer names no EndAction: the guest is asked to end, and nothing of it is kept. */
export const END_ACTION_DEFAULT: EndAction = 'shutdown';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const END_ACTIONS: readonly EndAction[] = ['pause', 'save', 'shutdown', 'destroy'];
/** Names are printed in tables and messages, and looked up. */
const IMAGE_NAME_CHARACTERS_MAX = 200;
/** An RSA key of 16,384 bits takes 2,800 characters. */
const KEY_CHARACTERS_MAX = 8192;
/** One line of an authorized_keys file: printable, so that it cannot smuggle a second line into the guest. */
const KEY_LINE = /^[\x20-\x7e\u00a0-\uffff]+$/;

/** Reads a ws:Workspace; undefined where anything in it is wrong, with the issues. */
export function readWorkspaceTerm(place: Place, issues: DocumentIssue[]): WorkspaceTerm | undefined {
	const places = placesWithin(place);
	const image = requiredChild(place, places, WS, 'Image', issues);
	const key = optionalChild(place, places, WS, 'SSHPublicKey', issues);
	const share = optionalChild(place, places, WS, 'CPUShare', issues);
	const end = optionalChild(place, places, WS, 'EndAction', issues);
	const placing = optionalChild(place, places, WS, 'Placement', issues);
	const changing = optionalChild(place, places, WS, 'Change', issues);
	const imageName = image && readImageName(image, issues);
	const imageDigest = image && readDigest(image, issues);
	const sshPublicKey = key && readKey(key, issues);
	const cpuSharePercent = share === undefined ? CPU_SHARE_PERCENT_DEFAULT : readShare(share, issues);
	const ending = end === undefined ? { endAction: END_ACTION_DEFAULT, retentionSeconds: 0 } : readEnding(end, issues);
	const placement = placing && readPlacementTerm(placing, issues);
	const change = changing && readChangeTerm(changing, issues);
	const isIncomplete =
		(key !== undefined && sshPublicKey === undefined) ||
		(placing !== undefined && placement === undefined) ||
		(changing !== undefined && change === undefined);
	if (imageName === undefined || imageDigest === undefined || isIncomplete) return undefined;
	if (cpuSharePercent === undefined || ending === undefined) return undefined;
	return {
		imageName,
		imageDigest,
		...(sshPublicKey === undefined ? {} : { sshPublicKey }),
		cpuSharePercent,
		...ending,
		...(placement === undefined ? {} : { placement }),
		...(change === undefined ? {} : { change }),
	};
}

function readImageName(image: Place, issues: DocumentIssue[]): string | undefined {
	const name = collapseWhiteSpace(textOf(image.element));
	if (name.length > 0 && name.length <= IMAGE_NAME_CHARACTERS_MAX) return name;
	return malformed(image.path, 'Image', name, `a name of 1 to ${IMAGE_NAME_CHARACTERS_MAX} characters`, issues);
}

function readDigest(image: Place, issues: DocumentIssue[]): string | undefined {
	const digest = requiredAttribute(image, '', 'digest', issues);
	if (digest === '' || DIGEST.test(digest)) return digest === '' ? undefined : digest;
	return malformed(`${image.path}/@digest`, 'digest', digest, 'sha256: and 64 lower-case hexadecimal digits', issues);
}

function readKey(place: Place, issues: DocumentIssue[]): string | undefined {
	const key = collapseWhiteSpace(textOf(place.element));
	if (key.length <= KEY_CHARACTERS_MAX && KEY_LINE.test(key)) return key;
	const allowed = `one line of an authorized_keys file, at most ${KEY_CHARACTERS_MAX} characters`;
	return malformed(place.path, 'SSHPublicKey', key, allowed, issues);
}

function readShare(place: Place, issues: DocumentIssue[]): number | undefined {
	const lexical = collapseWhiteSpace(textOf(place.element));
	const percent = isInteger(lexical) ? Number(lexical) : 0;
	if (percent >= 1 && percent <= 100) return percent;
	return malformed(place.path, 'CPUShare', lexical, 'a whole number of percent, 1 to 100', issues);
}

/** Pause and save keep something and must say for how long; shutdown and destroy keep nothing. */
function readEnding(
	place: Place,
	issues: DocumentIssue[],
): Pick<WorkspaceTerm, 'endAction' | 'retentionSeconds'> | undefined {
	const lexical = collapseWhiteSpace(textOf(place.element));
	const endAction = END_ACTIONS.find((action) => action === lexical);
	if (endAction === undefined) return malformed(place.path, 'EndAction', lexical, END_ACTIONS.join(', '), issues);
	const path = `${place.path}/@retention`;
	const retention = attributeValue(place.element, '', 'retention');
	const duration = parseDuration(retention ?? 'PT0S');
	if (!duration.ok) {
		const details = { found: retention ?? '', allowed: 'an xs:duration such as P7D' };
		addIssue(issues, duration.fault, path, `This retention cannot be used: ${duration.why}.`, details);
		return undefined;
	}
	const keeps = endAction === 'pause' || endAction === 'save';
	if (keeps !== duration.seconds > 0) {
		const message = keeps
			? `${endAction} keeps the machine, so it must say for how long.`
			: `${endAction} keeps nothing, so there is nothing to retain.`;
		const details = { found: retention ?? 'none', allowed: keeps ? 'longer than zero' : 'none' };
		addIssue(issues, 'RETENTION_CONTRADICTS', path, message, details);
		return undefined;
	}
	return { endAction, retentionSeconds: duration.seconds };
}

function malformed(path: string, subject: string, found: string, allowed: string, issues: DocumentIssue[]): undefined {
	addIssue(issues, 'VALUE_MALFORMED', path, `${subject} must be ${allowed}.`, { found, allowed });
	return undefined;
}
