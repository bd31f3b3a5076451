/** Model groups about ranges of JSDL: which of their parts stand where every value that the range admits is allowed. */
import { endsOf } from '../jsdl/range.ts';
import { JSDL, XS } from '../names.ts';
import type { ElementContent } from '../template/child-content.ts';
import { allowedRange, type FacetSet, type ValueRestriction } from '../template/facets.ts';
import type { Particle } from '../template/particles.ts';
import { simpleTypeNamed } from '../template/simple-type.ts';

/** Children fit a row where they fit all its groups. */
export type Row = readonly Particle[];

/** Any parts of a range, one at least. */
export const RANGE_PARTS: Particle = repeated(
	['UpperBoundedRange', 'LowerBoundedRange', 'Exact', 'Range'].map((name) => part(name)),
);

/**
 * The rows of which the parts of a range have to fit one, where the restriction allows every value of it. Without room
 * for a jsdl:Range within it each of these is empty, and another part has to admit something.
 */
export function rowsWithin(value: ValueRestriction, isRoom: boolean): readonly Row[] {
	if (value.type.space !== 'number' || value.type.isSingle) return [[RANGE_PARTS]];
	const { exact, upper, lower } = partsWithin(value);
	const range = part('Range');
	const some = has(isRoom ? { ...repeated([exact, range]), max: 1 } : exact);
	return [
		[repeated([exact, range]), some],
		...speakingRows(value),
		// Bounds that exclude each other admit nothing, which is no matter beside another part.
		[
			repeated([exact, range, part('UpperBoundedRange'), part('LowerBoundedRange')]),
			...[upper, lower].map(bare).map(has),
			some,
		],
	];
}

/** Those in which an UpperBoundedRange or LowerBoundedRange, or both as one range, admit something. */
export function speakingRows(value: ValueRestriction): readonly Row[] {
	if (value.type.space !== 'number' || value.type.isSingle) return [[RANGE_PARTS]];
	const { exact, upper, lower, bound, isEndless } = partsWithin(value);
	const range = part('Range');
	const [most, least] = [part('UpperBoundedRange', bound), part('LowerBoundedRange', bound)];
	return [
		[repeated([exact, range, most, least]), has(most), has(least)],
		...(isEndless.below ? [[repeated([exact, range, upper]), has(upper)]] : []),
		...(isEndless.above ? [[repeated([exact, range, lower]), has(lower)]] : []),
	];
}

/** The bounds of a jsdl:Range that admits something and of which every value is allowed. */
export function withinEnds(value: ValueRestriction): Particle {
	if (value.type.space !== 'number' || value.type.isSingle) return repeated([part('LowerBound'), part('UpperBound')]);
	const { bound } = partsWithin(value);
	return repeated([part('LowerBound', bound), part('UpperBound', bound)]);
}

/** Whether the group leaves room for such a jsdl:Range. `mayFit`: whether its children may fit all of these groups. */
export function hasRoomWithin(
	value: ValueRestriction,
	group: Particle,
	mayFit: (groups: readonly Particle[]) => boolean,
): boolean {
	const content = contentOfRange(group);
	return (
		content?.children === undefined || content.isNillable === true || mayFit([content.children, withinEnds(value)])
	);
}

/** The same as one group, without what is said of the values of bounds. */
export function shapeWithin(value: ValueRestriction): Particle {
	if (value.type.space !== 'number' || value.type.isSingle) return RANGE_PARTS;
	const { exact, isEndless } = partsWithin(value);
	const [upper, lower] = [part('UpperBoundedRange'), part('LowerBoundedRange')];
	const others = { ...repeated([exact, part('Range')]), min: 0 };
	return once('choice', [
		repeated([exact, part('Range')]),
		once('sequence', [others, upper, others, lower, others]),
		once('sequence', [others, lower, others, upper, others]),
		...(isEndless.below ? [once('sequence', [others, upper, others])] : []),
		...(isEndless.above ? [once('sequence', [others, lower, others])] : []),
	]);
}

/** Whether it says something that the values of a range can keep to. */
export function isAboutRanges({ steps }: ValueRestriction): boolean {
	if (steps.some(({ counts, patterns }) => counts.length > 0 || patterns.length > 0)) return false;
	return steps.some(({ bounds, enumeration }) => bounds.length > 0 || enumeration.length > 0);
}

type Part = Extract<Particle, { readonly kind: 'element' }>;

function partsWithin(value: ValueRestriction) {
	const ends = endsOf(allowedRange(value));
	const ofBound = (kind: 'min' | 'max'): ValueRestriction =>
		doubles(value, (step) => ({
			...NOTHING_SAID,
			bounds: step.bounds
				.filter((bound) => bound.kind.startsWith(kind))
				// An end that is exclusive may be the bound itself.
				.map((bound) => ({ ...bound, kind: `${kind}Inclusive` as const })),
		}));
	return {
		// What admits something has both its bounds there, each of which may be exclusive.
		bound: doubles(value, ({ bounds, enumeration }) => ({
			...NOTHING_SAID,
			bounds: bounds.map((each) => ({ ...each, kind: each.kind.startsWith('min') ? 'minInclusive' : 'maxInclusive' })),
			enumeration,
		})),
		exact: part(
			'Exact',
			doubles(value, ({ bounds, enumeration }) => ({ ...NOTHING_SAID, bounds, enumeration })),
		),
		upper: part('UpperBoundedRange', ofBound('max')),
		lower: part('LowerBoundedRange', ofBound('min')),
		isEndless: {
			below: ends === undefined || ends.lower === Number.NEGATIVE_INFINITY,
			above: ends === undefined || ends.upper === Number.POSITIVE_INFINITY,
		},
	};
}

const NOTHING_SAID: FacetSet = { bounds: [], counts: [], patterns: [], enumeration: [] };

function doubles({ steps }: ValueRestriction, said: (step: FacetSet) => FacetSet): ValueRestriction {
	return { type: simpleTypeNamed(XS, 'double')!, whiteSpace: 'collapse', steps: steps.map(said) };
}

function part(localName: string, value?: ValueRestriction): Part {
	const own = { kind: 'element' as const, namespace: JSDL, localName, min: 1, max: 1 };
	return value === undefined ? own : { ...own, value };
}

function bare({ localName }: Part): Part {
	return part(localName);
}

function once(kind: 'choice' | 'sequence', particles: readonly Particle[]): Particle {
	return { kind, particles, min: 1, max: 1 };
}

function repeated(particles: readonly Particle[]): Particle {
	return { kind: 'choice', particles, min: 1, max: Number.POSITIVE_INFINITY };
}

function has(child: Particle): Particle {
	const others: Particle = { kind: 'any', namespaces: '##any', min: 0, max: Number.POSITIVE_INFINITY };
	return once('sequence', [others, child, others]);
}

/** Of which content the group wants a jsdl:Range to be, if it says so. */
function contentOfRange(particle: Particle): ElementContent | undefined {
	if (particle.kind === 'any') return undefined;
	if (particle.kind === 'element') {
		const isRange = particle.localName === 'Range' && (particle.namespace ?? JSDL) === JSDL;
		return isRange ? particle.content : undefined;
	}
	return particle.particles.map(contentOfRange).find((content) => content !== undefined);
}
