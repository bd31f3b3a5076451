/**
 * Reads a made agreement as its responder shows it: wsag:AgreementProperties, or wsag:AgreementStateProperties, which
 * has the same content (GFD.192, section 7). What `printAgreement` writes is read again as it was meant; what others
 * write is read as the schema has it, their own sub-states kept in place.
 */
import {
	attributeValue,
	childElements,
	type DocumentIssue,
	hasName,
	qualifiedName,
	textOf,
	type XmlElement,
} from '../../xml/element.ts';
import {
	addIssue,
	optionalChild,
	type Place,
	pathOfAttribute,
	placeOfRoot,
	placesNamed,
	placesWithin,
	type Reading,
	reading,
	requiredChild,
	stringValue,
	tokenAttribute,
	withoutAbsent,
} from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WS, WSAG } from '../names.ts';
import { type AgreementContext, readAgreementBody } from '../offer/offer.ts';
import { flattenTerms, type TermTree } from '../terms/terms.ts';
import {
	AGREEMENT_TRANSITIONS,
	type AgreementState,
	GUARANTEE_TERM_TRANSITIONS,
	type GuaranteeTermState,
	SERVICE_TERM_TRANSITIONS,
	type ServiceActivity,
	type ServiceTermState,
} from './states.ts';

/** A state of an agreement or of a term, and what stands beside it in words of its author's own. */
export interface StateReading<S extends string> {
	readonly path: string;
	readonly state: S;
	/** The one foreign element: a sub-state, or the reason. */
	readonly detail?: Place;
}

/** Of a term. */
export interface TermStateReading<S extends string> extends StateReading<S> {
	/** Absent where the author did not say which term it is the state of. */
	readonly termName?: string;
	/** Of the attribute that says it. */
	readonly termNamePath: string;
}

export interface ServiceTermStateReading extends TermStateReading<ServiceTermState> {
	/** What a service does while it is Ready; `detail` is then what stands in it. */
	readonly activity?: ServiceActivity;
}

/** A choice that was made for the agreement: the compositor of the offer, and the terms in force by it. */
export interface ChoiceReading {
	readonly kind: string;
	readonly path: string;
	readonly terms: readonly string[];
}

export interface AgreementReading {
	readonly tree: XmlElement;
	readonly name?: string;
	readonly agreementId: string;
	readonly context: AgreementContext;
	readonly terms: TermTree;
	readonly choices: readonly ChoiceReading[];
	readonly state: StateReading<AgreementState>;
	/** The text of our Reason, where the state has one. */
	readonly stateReason?: string;
	readonly guaranteeStates: readonly TermStateReading<GuaranteeTermState>[];
	readonly serviceStates: readonly ServiceTermStateReading[];
}

/** Whether the document is one that `readAgreement` reads. */
export function isAgreement(root: XmlElement): boolean {
	return hasName(root, WSAG, 'AgreementProperties') || hasName(root, WSAG, 'AgreementStateProperties');
}

/** Reads the agreement, or says all that is wrong with it. A state of no term, or of one that is not there, is wrong. */
export function readAgreement(root: XmlElement): Reading<AgreementReading> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	if (!isAgreement(root)) {
		const details = { found: qualifiedName(root), allowed: `AgreementProperties of ${WSAG}` };
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This is no agreement.', details);
		return { ok: false, issues };
	}
	const places = placesWithin(place);
	const body = readAgreementBody(place, places, issues);
	const id = requiredChild(place, places, WSAG, 'AgreementId', issues);
	const statePlace = requiredChild(place, places, WSAG, 'AgreementState', issues);
	const state = statePlace && readState(statePlace, AGREEMENT_STATES, issues);
	const guaranteeStates = placesNamed(places, WSAG, 'GuaranteeTermState').map((each) =>
		readTermState(each, GUARANTEE_STATES, issues),
	);
	const serviceStates = placesNamed(places, WSAG, 'ServiceTermState').map((each) => readServiceState(each, issues));
	if (body === undefined || id === undefined || state === undefined)
		return reading<AgreementReading>(undefined, issues);
	const agreement: AgreementReading = {
		tree: root,
		...body,
		agreementId: collapseWhiteSpace(textOf(id.element)),
		choices: body.context.extensions.filter(({ element }) => hasName(element, WS, 'Choice')).map(readChoice),
		state,
		...withoutAbsent({ stateReason: reasonOf(state) }),
		guaranteeStates: guaranteeStates.filter((each) => each !== undefined),
		serviceStates: serviceStates.filter((each) => each !== undefined),
	};
	checkTermNames(agreement, issues);
	return reading(agreement, issues);
}

const AGREEMENT_STATES = Object.keys(AGREEMENT_TRANSITIONS) as readonly AgreementState[];
const SERVICE_STATES = Object.keys(SERVICE_TERM_TRANSITIONS) as readonly ServiceTermState[];
const GUARANTEE_STATES = Object.keys(GUARANTEE_TERM_TRANSITIONS) as readonly GuaranteeTermState[];
const ACTIVITIES: readonly ServiceActivity[] = ['Processing', 'Idle'];

function readState<S extends string>(
	place: Place,
	states: readonly S[],
	issues: DocumentIssue[],
): StateReading<S> | undefined {
	const places = placesWithin(place);
	const statePlace = requiredChild(place, places, WSAG, 'State', issues);
	const detail = readDetail(place, places, issues);
	if (statePlace === undefined) return undefined;
	const found = textOf(statePlace.element);
	const state = states.find((each) => each === found);
	if (state === undefined) {
		const allowed = states.join(', ');
		addIssue(issues, 'VALUE_MALFORMED', statePlace.path, `State must be one of ${allowed}.`, { found, allowed });
		return undefined;
	}
	return { path: place.path, state, ...withoutAbsent({ detail }) };
}

/** The only element of another vocabulary, of which the schema lets there be one. */
function readDetail(parent: Place, places: readonly Place[], issues: DocumentIssue[]): Place | undefined {
	const [only, second] = places.filter(({ element }) => element.namespace !== WSAG);
	if (second !== undefined) {
		const message = `${parent.element.localName} holds one element of another vocabulary at most.`;
		addIssue(issues, 'ELEMENT_REPEATED', second.path, message);
	}
	return only;
}

function readTermState<S extends string>(
	place: Place,
	states: readonly S[],
	issues: DocumentIssue[],
): TermStateReading<S> | undefined {
	const state = readState(place, states, issues);
	const termName = attributeValue(place.element, WSAG, 'termName');
	return state && { ...state, ...withoutAbsent({ termName }), termNamePath: pathOfAttribute(place, WSAG, 'termName') };
}

/** Processing and Idle hold one foreign element each: an empty one is not valid. */
function readServiceState(place: Place, issues: DocumentIssue[]): ServiceTermStateReading | undefined {
	const state = readTermState(place, SERVICE_STATES, issues);
	const places = placesWithin(place);
	for (const activity of ACTIVITIES) {
		const inner = optionalChild(place, places, WSAG, activity, issues);
		if (inner === undefined) continue;
		const detail = readDetail(inner, placesWithin(inner), issues);
		if (detail === undefined) {
			const message = `${activity} needs one element of another vocabulary.`;
			addIssue(issues, 'ELEMENT_MISSING', inner.path, message, { allowed: 'one element' });
		}
		if (state !== undefined && state.state !== 'Ready') {
			const message = 'Only a service that is Ready is Processing or Idle.';
			addIssue(issues, 'STATE_CONTRADICTS', inner.path, message, { found: state.state, allowed: 'Ready' });
		}
		return state && { ...state, activity, ...withoutAbsent({ detail }) };
	}
	return state;
}

function reasonOf({ detail }: StateReading<string>): string | undefined {
	return detail !== undefined && hasName(detail.element, WS, 'Reason') ? stringValue(detail.element) : undefined;
}

function readChoice({ element }: Place): ChoiceReading {
	return {
		kind: tokenAttribute(element, '', 'kind') ?? '',
		path: attributeValue(element, '', 'path') ?? '',
		terms: childElements(element, WS, 'Term').map(textOf),
	};
}

/** termName is the Name of a term of the agreement, of the kind whose state it is. */
function checkTermNames({ terms, guaranteeStates, serviceStates }: AgreementReading, issues: DocumentIssue[]): void {
	const inForce = flattenTerms(terms.terms);
	const guarantees = new Set(inForce.filter(({ kind }) => kind === 'GuaranteeTerm').map(({ name }) => name));
	const services = new Set(inForce.filter(({ kind }) => kind !== 'GuaranteeTerm').map(({ name }) => name));
	const check = (states: readonly TermStateReading<string>[], names: ReadonlySet<string>): void => {
		const seen = new Set<string>();
		for (const { termName, termNamePath, path } of states) {
			if (termName === undefined) continue;
			if (!names.has(termName)) {
				const message = 'The agreement has no such term of that kind.';
				addIssue(issues, 'STATE_CONTRADICTS', termNamePath, message, { found: termName });
			} else if (seen.has(termName)) {
				addIssue(issues, 'STATE_CONTRADICTS', path, 'The term has a state already.', { found: termName });
			}
			seen.add(termName);
		}
	};
	check(guaranteeStates, guarantees);
	check(serviceStates, services);
}
