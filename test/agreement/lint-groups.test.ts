/** What lint finds of model groups, against all short rows of children, and against the checker of offers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChildrenDemands, findCommonChildren } from '../../src/agreement/lint/lint-groups.ts';
import { isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { describeParticle, findChildrenFaults, type Particle } from '../../src/agreement/template/particles.ts';
import { UNTYPED } from '../../src/agreement/template/simple-type.ts';
import { element, textOf, type XmlElement } from '../../src/xml/element.ts';
import { cpuMs } from '../cpu-time.ts';

const NAMES = ['a', 'b', 'c'];
const VALUES = ['1', '2'];
const STEPS = 1_000_000;

const occurrence = fc.constantFrom(
	{ min: 1, max: 1 },
	{ min: 0, max: 1 },
	{ min: 0, max: Number.POSITIVE_INFINITY },
	{ min: 2, max: 3 },
);

function oneOf(values: readonly string[]): ValueRestriction {
	const enumeration = values.map((text) => ({ text }));
	return { type: UNTYPED, whiteSpace: 'collapse', steps: [{ bounds: [], counts: [], patterns: [], enumeration }] };
}

/** What values a child of each name may have in one group: elements of one name in one group have one type. */
const types = fc
	.tuple(...NAMES.map(() => fc.option(fc.subarray(VALUES, { minLength: 1 }))))
	.map((each) => new Map(NAMES.map((name, at) => [name, each[at]] as const)));

const group: fc.Arbitrary<Particle> = types.chain((typesOf) => {
	const named = (localName: string, often: { min: number; max: number }): Particle => {
		const values = typesOf.get(localName);
		return { kind: 'element', namespace: 'urn:x', localName, ...often, ...(values ? { value: oneOf(values) } : {}) };
	};
	const one = fc.tuple(occurrence, fc.constantFrom(...NAMES)).map(([often, name]) => named(name, often));
	const wildcard = fc.constantFrom<Extract<Particle, { kind: 'any' }>['namespaces']>(
		'##any',
		'##other',
		['urn:x'],
		['##local', 'urn:y'],
	);
	const any = fc
		.tuple(occurrence, wildcard)
		.map(([often, namespaces]): Particle => ({ kind: 'any', namespaces, ...often }));
	// An xs:all is all that a group has.
	const all = fc
		.tuple(fc.subarray(NAMES), fc.array(fc.constantFrom(0, 1), { minLength: 3, maxLength: 3 }), fc.constantFrom(0, 1))
		.map(([names, mins, min]): Particle => {
			return { kind: 'all', min, max: 1, particles: names.map((name, at) => named(name, { min: mins[at]!, max: 1 })) };
		});
	const { particle } = fc.letrec<{ particle: Particle }>((tie) => {
		const inner = fc.tuple(
			occurrence,
			fc.constantFrom('sequence' as const, 'choice' as const),
			fc.array(tie('particle'), { maxLength: 3 }),
		);
		const model = inner.map(([often, kind, particles]): Particle => ({ kind, particles, ...often }));
		return { particle: fc.oneof({ maxDepth: 2 }, one, one, any, model, model) };
	});
	return fc.oneof({ weight: 4, arbitrary: particle }, { weight: 1, arbitrary: all });
});

function childOf(localName: string, value: string): XmlElement {
	return element({ prefix: '', namespace: 'urn:x', localName }, [], [value]);
}

function parentOf(children: readonly XmlElement[]): XmlElement {
	return element({ prefix: '', namespace: 'urn:x', localName: 'parent' }, [], children);
}

/** All rows of at most three children, of three names with two values each. */
const CHILDREN = NAMES.flatMap((name) => VALUES.map((value) => childOf(name, value)));
const ROWS = Array.from({ length: 4 }, (_, length) => rowsOf(length))
	.flat()
	.map(parentOf);

function rowsOf(length: number): readonly (readonly XmlElement[])[] {
	return length === 0 ? [[]] : rowsOf(length - 1).flatMap((row) => CHILDREN.map((child) => [...row, child]));
}

function fits({ groups, valuesOf, holds }: ChildrenDemands, parent: XmlElement): boolean {
	const children = parent.children.filter((child) => child.kind === 'element');
	return (
		(holds === undefined || children.some(({ localName }) => localName === holds.localName)) &&
		children.every((child) => valuesOf?.(child)?.every((value) => isValueAllowed(value, textOf(child))) ?? true) &&
		groups.every((each) => findChildrenFaults(each, parent, { remaining: STEPS }).length === 0)
	);
}

describe('children that fit several groups, values and all', () => {
	const PARENT = { namespace: 'urn:x', localName: 'parent' };
	const demands = fc
		.record({
			groups: fc.array(group, { minLength: 1, maxLength: 2 }),
			isKnown: fc.boolean(),
			values: types,
			isDemanded: fc.boolean(),
			holds: fc.option(fc.constantFrom(...NAMES)),
		})
		.map(({ groups, isKnown, values, isDemanded, holds }): ChildrenDemands => {
			const demanded = ({ localName }: { readonly localName: string }) => {
				const allowed = values.get(localName);
				return allowed ? [oneOf(allowed)] : [];
			};
			return {
				groups,
				...(isKnown ? { parent: PARENT } : {}),
				...(isDemanded ? { valuesOf: demanded } : {}),
				...(holds === null ? {} : { holds: { namespace: 'urn:x', localName: holds } }),
			};
		});

	test('there are none where no short row fits, and where a row is told it fits with some values', () => {
		const seen = { none: 0, row: 0, unknown: 0 };
		fc.assert(
			fc.property(demands, (each) => {
				const found = findCommonChildren(each, { remaining: STEPS });
				seen[found.kind] += 1;
				if (found.kind === 'none') expect(ROWS.filter((parent) => fits(each, parent))).toEqual([]);
				// An element of a name that nobody knows may be of another namespace than these are.
				if (found.kind !== 'row' || each.parent === undefined || found.names.length > 6 || found.names.includes('*'))
					return;
				const rows = found.names.reduce<readonly (readonly XmlElement[])[]>(
					(all, name) => all.flatMap((row) => VALUES.map((value) => [...row, childOf(name, value)])),
					[[]],
				);
				expect(
					rows.some((row) => fits(each, parentOf(row))),
					found.names.join(),
				).toBe(true);
			}),
			{ numRuns: 200 },
		);
		expect(seen.none).toBeGreaterThan(30);
		expect(seen.row).toBeGreaterThan(30);
		expect(seen.unknown).toBe(0);
	});
});

describe('large groups', () => {
	const child = (localName: string, min = 1, max = 1): Particle => ({
		kind: 'element',
		namespace: 'urn:x',
		localName,
		min,
		max,
	});
	const numbered = (count: number, min = 1) => Array.from({ length: count }, (_, at) => child(`e${at}`, min));
	const once = (kind: 'sequence' | 'all' | 'choice', particles: readonly Particle[]): Particle => ({
		kind,
		particles,
		min: 1,
		max: 1,
	});
	const kindOf = (...groups: readonly Particle[]) => findCommonChildren({ groups }, { remaining: STEPS }).kind;

	test.each<[name: string, groups: readonly Particle[], kind: string]>([
		['an xs:all of forty and the same in a row', [once('all', numbered(40)), once('sequence', numbered(40))], 'row'],
		[
			'an xs:all of forty and the same in a row but the last',
			[once('all', numbered(40)), once('sequence', numbered(39))],
			'none',
		],
		[
			'an xs:all of forty that need not be there, and one more',
			[once('all', numbered(40, 0)), once('sequence', [...numbered(40, 0), child('x')])],
			'none',
		],
		['two rows of a thousand', [once('sequence', numbered(1000)), once('sequence', numbered(1000))], 'row'],
		[
			'rows of a thousand, and of a thousand less one',
			[once('sequence', numbered(1000)), once('sequence', numbered(999))],
			'none',
		],
		['five hundred of one, and at most four hundred', [child('a', 500, 500), child('a', 1, 400)], 'none'],
		[
			'a thousand choices of three hundred',
			[{ ...once('choice', numbered(300)), max: 1000 }, once('sequence', [child('e299', 9, 9)])],
			'row',
		],
		[
			'two of twelve in any order, of which one has one more',
			[once('all', numbered(12)), once('all', numbered(13))],
			'none',
		],
		[
			'two of thirty in any order, of which one has one more',
			[once('all', numbered(30)), once('all', numbered(31))],
			'none',
		],
		[
			'twenty in any order, of which one is the first and the last',
			[
				once('all', numbered(20)),
				once('sequence', [child('e0'), { ...once('choice', numbered(20)), min: 19, max: 19 }]),
				once('sequence', [{ ...once('choice', numbered(20)), min: 19, max: 19 }, child('e0')]),
			],
			'unknown',
		],
		['more of one than anybody counts', [child('a', 1_000_000, 1_000_000), child('a', 1, 999_999)], 'none'],
		['as many of one as nobody counts', [child('a', 1_000_000, 1_000_000), child('a', 1, 1_000_000)], 'unknown'],
	])('%s', (_name, groups, kind) => {
		const begin = cpuMs();
		expect(kindOf(...groups), groups.map(describeParticle).join(' and ').slice(0, 80)).toBe(kind);
		expect(cpuMs() - begin).toBeLessThan(2000);
	});
});
