/** What is told of a part of a constraint that does not hold: of which nodes, what was found, and what would do. */
import type { XmlElement } from '../../xml/element.ts';
import { withoutAbsent } from '../document.ts';
import type { Location, StepBudget } from '../template/location.ts';
import type { Selection } from '../template/location-selection.ts';
import { type Evaluation, type Outcome, operandValue, saidBy, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { print } from './expression-values.ts';
import type { Put } from './puts.ts';
import { labelOf, locationName, locationsIn, nameOf, type Unknown, unknownsIn } from './unknowns.ts';

/** Why a part of a constraint does not hold for a document. */
export interface ConditionFault {
	readonly part: Condition;
	/** What is to blame: a node whose change would help, else one that is named. Absent: nothing is there. */
	readonly selection?: Selection;
	/** The element in which something is missing. */
	readonly deepest?: XmlElement;
	readonly location: string;
	readonly found: string;
	/** Of what a function makes of the nodes all that it may come to; absent: what the part says. */
	readonly allowed?: string;
	readonly why: string;
	/** What the selected node might say instead, or what might be found, and the part would hold. */
	readonly nearest?: string;
	/** In its place what would do, where it is not known whether another is nearer. */
	readonly near?: string;
	/** Where several have to change together: each of them. */
	readonly changes?: readonly NodeChange[];
	/** What is told, by the places where it is to stand; absent: it is about no single places. */
	readonly puts?: readonly Put[];
}

/** One of several changes that help together. */
export interface NodeChange {
	/** Absent: there would have to be one. */
	readonly selection?: Selection;
	readonly deepest?: XmlElement;
	readonly location: string;
	readonly found: string;
	readonly nearest: string;
}

export type Denial = Exclude<Outcome, 'true'>;

/** A part that does not hold. */
export interface Case {
	readonly part: Condition;
	readonly truth: Denial;
	readonly evaluation: Evaluation;
	readonly search: StepBudget;
}

/** That the part does not hold, of these nodes of the Location; absent: of all that it selects. */
export function faultOf(location: Location, some: readonly Selection[] | undefined, blamed: Case): ConditionFault {
	const { part, truth, evaluation } = blamed;
	const { selections, deepest } = selectionsOf(location, evaluation);
	const told = some ?? selections;
	return {
		part,
		...withoutAbsent({ selection: told[0], deepest }),
		location: location.text,
		found: foundIn(location, told, blamed),
		why: whyOf(truth),
	};
}

/** What a Location says is shown of so many nodes; where more are to blame, they are told one by one. */
const SAID_MAX = 8;

/** What these nodes of the Location say, and where there are other Locations, they too. */
function foundIn(one: Location, some: readonly Selection[], { part, evaluation }: Case): string {
	const shown = locationsIn(part).map((location) => {
		const selections =
			locationName(location) === locationName(one) ? some : selectionsOf(location, evaluation).selections;
		const said = new Set(selections.slice(0, SAID_MAX).map((selection) => saidBy(selection, evaluation.budget)));
		const more = selections.length > SAID_MAX ? [`${selections.length - SAID_MAX} more`] : [];
		return { location, said: [...said, ...more].join(' or ') || 'nothing' };
	});
	if (shown.length === 1) return shown[0]!.said;
	return shown.map(({ location, said }) => `${location.text}: ${said}`).join('; ');
}

/** What the unknowns come to, this one first. */
export function foundWith(unknown: Unknown, value: string, { part, evaluation }: Case): string {
	const others = unknownsIn(part).filter((each) => nameOf(each) !== nameOf(unknown));
	const said = others.map((each) => {
		const other = operandValue(each, evaluation);
		return `${labelOf(each)}: ${'why' in other ? 'nothing' : print(other)}`;
	});
	return [`${labelOf(unknown)}: ${value}`, ...said].join('; ');
}

export function whyOf(truth: Denial): string {
	if (typeof truth === 'object') return truth.why;
	return truth === 'open' ? 'not every value that is admitted fulfils it' : 'it does not hold';
}

export function isHelped({ nearest, near }: ConditionFault): boolean {
	return (nearest ?? near) !== undefined;
}

export function asNear({ nearest, ...fault }: ConditionFault): ConditionFault {
	return nearest === undefined ? fault : { ...fault, near: nearest };
}

/** What is put there, in words. */
export function changeAt({ location, selection, isCount, to }: Put, evaluation: Evaluation): NodeChange {
	const { selections, deepest } = selectionsOf(location, evaluation);
	if (isCount) {
		const place = withoutAbsent({ selection: selections[0], deepest });
		return { ...place, location: location.text, found: `${selections.length} of it`, nearest: `${print(to)} of it` };
	}
	if (selection === undefined) {
		const place = withoutAbsent({ deepest });
		return { ...place, location: location.text, found: 'nothing', nearest: `1 of it: ${print(to)}` };
	}
	return { selection, location: location.text, found: saidBy(selection, evaluation.budget), nearest: print(to) };
}

/** All of it in one text. */
export function inOneText(changes: readonly NodeChange[]): string {
	return [...new Set(changes.map(({ location, nearest }) => `${location}: ${nearest}`))].join('; ');
}
