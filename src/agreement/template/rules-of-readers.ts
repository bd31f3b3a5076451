/**
 * What whoever reads or judges an offer demands of several of its nodes together, whatever its template says: what is
 * told of one of them must not break it. In the language of free constraints, so that what is told keeps to both alike.
 */
import { OUTERMOST_SCOPE, scopeWithin } from '../../xml/scope.ts';
import type { Condition } from '../conditions/expression.ts';
import { parseCondition } from '../conditions/expression-reader.ts';
import { locationsIn } from '../conditions/unknowns.ts';
import { RANGE_ELEMENTS } from '../jsdl/merged-resources.ts';
import { JSDL, TC, WS } from '../names.ts';
import type { Location } from './location.ts';
import type { Selection } from './location-selection.ts';

const ENDS = '//ws:EndAction';
const KEPT = `${ENDS}/@retention`;
/** Machines of one agreement begin and end together. */
const ALIKE = ['//ws:StartTime', '//ws:EndTime', '//ws:Duration', ENDS, KEPT];
const TOTALS = ['CPUCount', 'PhysicalMemory', 'DiskSpace'];

const RULES: readonly Condition[] = [
	`((${ENDS} = 'pause' or ${ENDS} = 'save') and ${KEPT} > 'PT0S') ` +
		`or ((${ENDS} = 'shutdown' or ${ENDS} = 'destroy') and (not exists(${KEPT}) or ${KEPT} = 'PT0S'))`,
	...ALIKE.map((path) => `${path} = ${path}`),
	...['ws', 'tc'].map((prefix) => `//${prefix}:EndTime > //${prefix}:StartTime`),
	// Ends the wrong way round admit nothing.
	...[...RANGE_ELEMENTS.map(([name]) => name), 'DiskSpace'].flatMap((name) =>
		[
			['Range/jsdl:LowerBound', 'Range/jsdl:UpperBound'],
			['LowerBoundedRange', 'UpperBoundedRange'],
		].map(([least, most]) => `//jsdl:${name}/jsdl:${least} <= //jsdl:${name}/jsdl:${most}`),
	),
	...TOTALS.map((name) => `//jsdl:Total${name} = //jsdl:Individual${name} * //jsdl:TotalResourceCount`),
].map(ruleOf);

function ruleOf(text: string): Condition {
	const declarations = [
		{ prefix: 'jsdl', namespace: JSDL },
		{ prefix: 'tc', namespace: TC },
		{ prefix: 'ws', namespace: WS },
	];
	const reading = parseCondition(text, scopeWithin(OUTERMOST_SCOPE, declarations));
	if (!reading.ok) throw new Error(`${text}: ${reading.why}`);
	return reading.condition;
}

/** What elements and attributes each of them is about. */
const NAMES = new Map(RULES.map((rule) => [rule, new Set(locationsIn(rule).map((each) => namesIn(each).at(-1)!))]));

/** A place of which something is told. */
interface Told {
	readonly location: Location;
	readonly selection?: Selection;
	readonly isCount?: true;
}

/** Those that may be about any of these places. What somebody is told to leave out keeps to all of them. */
export function rulesAbout(places: readonly Told[]): readonly Condition[] {
	const namedBy = (some: readonly Told[]): readonly string[] =>
		some.flatMap(({ location, selection }) => [...namesIn(location), ...namesOf(selection)]);
	const [named, counted] = [namedBy(places), namedBy(places.filter(({ isCount }) => isCount))];
	return RULES.filter((rule) => {
		const names = NAMES.get(rule)!;
		return named.some((name) => names.has(name)) && !counted.some((name) => names.has(name));
	});
}

/** Of a range the parts are as good as itself. */
function namesIn({ steps, target }: Location): readonly string[] {
	const names = steps.slice(-2).map(({ name }) => name.localName);
	return target.kind === 'attribute' ? [target.name.localName] : names;
}

function namesOf(selection: Selection | undefined): readonly string[] {
	return selection === undefined ? [] : [(selection.attribute ?? selection.owner).localName];
}
