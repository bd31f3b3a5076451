/** The nearest row of children is held against all short rows that a model group admits. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestChildren } from '../../src/agreement/template/nearest-children.ts';
import { findChildrenFaults, type Particle } from '../../src/agreement/template/particles.ts';
import { element, type XmlElement } from '../../src/xml/element.ts';

const NAMES = ['a', 'b', 'c'];

const occurrence = fc.constantFrom(
	{ min: 1, max: 1 },
	{ min: 0, max: 1 },
	{ min: 0, max: Number.POSITIVE_INFINITY },
	{ min: 2, max: 3 },
	{ min: 0, max: 0 },
);

const groups = fc.letrec<{ group: Particle; leaf: Particle; all: Particle }>((tie) => ({
	leaf: fc
		.tuple(fc.constantFrom(...NAMES), occurrence)
		.map(([localName, occurs]): Particle => ({ kind: 'element', localName, ...occurs })),
	all: fc
		.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.boolean()), { selector: ([name]) => name })
		.map((particles): Particle => {
			const members = particles.map(([localName, isOptional]): Particle => {
				return { kind: 'element', localName, min: isOptional ? 0 : 1, max: 1 };
			});
			return { kind: 'all', min: 1, max: 1, particles: members };
		}),
	group: fc.oneof(
		{ depthSize: 'small', maxDepth: 3 },
		tie('leaf'),
		fc
			.tuple(
				fc.constantFrom('sequence' as const, 'choice' as const),
				fc.array(tie('group'), { minLength: 1, maxLength: 3 }),
				occurrence,
			)
			.map(([kind, particles, occurs]): Particle => ({ kind, particles, ...occurs })),
	),
}));
const model = fc.oneof({ weight: 4, arbitrary: groups.group }, { weight: 1, arbitrary: groups.all });

function parentOf(names: readonly string[]): XmlElement {
	const children = names.map((localName) => element({ prefix: 'x', namespace: 'urn:x', localName }));
	return element({ prefix: 'x', namespace: 'urn:x', localName: 'parent' }, [], children);
}

const isFitting = (group: Particle, names: readonly string[]) =>
	findChildrenFaults(group, parentOf(names), { remaining: 1_000_000 }).length === 0;

/** Names left out and names put in. */
function changesBetween(one: readonly string[], other: readonly string[]): number {
	const [first, ...rest] = one;
	const [second, ...others] = other;
	if (first === undefined || second === undefined) return one.length + other.length;
	if (first === second) return changesBetween(rest, others);
	return 1 + Math.min(changesBetween(rest, other), changesBetween(one, others));
}

const rowsOf = (length: number): readonly string[][] =>
	length === 0 ? [[]] : rowsOf(length - 1).flatMap((row) => NAMES.map((name) => [...row, name]));
const ROWS = Array.from({ length: 6 }, (_, length) => rowsOf(length)).flat();

test('the nearest row is admitted, and none is nearer; what is admitted needs none', () => {
	const seen = { told: 0, empty: 0 };
	fc.assert(
		fc.property(model, fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }), (group, names) => {
			const told = nearestChildren(group, parentOf(names), { remaining: 1_000_000 });
			if (isFitting(group, names)) {
				expect(told).toBeUndefined();
				return;
			}
			const fitting = ROWS.filter((row) => isFitting(group, row));
			if (told === undefined) {
				expect(fitting).toEqual([]);
				return;
			}
			seen.told += 1;
			const nearest = told === 'no element' ? [] : told.split(', ').map((name) => name.replace('x:', ''));
			if (nearest.length === 0) seen.empty += 1;
			expect(isFitting(group, nearest)).toBe(true);
			const changes = changesBetween(names, nearest);
			expect(fitting.filter((row) => changesBetween(names, row) < changes)).toEqual([]);
		}),
		{ numRuns: 400 },
	);
	expect(seen.told).toBeGreaterThan(100);
	expect(seen.empty).toBeGreaterThan(5);
});

test('what nobody can say shortly is not said', () => {
	const many: Particle = { kind: 'element', localName: 'a', min: 40, max: 50 };
	expect(nearestChildren(many, parentOf(['a']), { remaining: 1_000_000 })).toBeUndefined();
	expect(nearestChildren({ ...many, min: 2 }, parentOf(['a']), { remaining: 10 })).toBeUndefined();
	const empty: Particle = { kind: 'sequence', particles: [], min: 1e9, max: 1e9 };
	expect(nearestChildren(empty, parentOf(['a']), { remaining: 100_000 })).toBeUndefined();
});

test('a wildcard and elements of other vocabularies are said so', () => {
	const group: Particle = {
		kind: 'sequence',
		min: 1,
		max: 1,
		particles: [
			{ kind: 'element', namespace: 'urn:y', localName: 'b', min: 1, max: 1 },
			{ kind: 'any', namespaces: '##other', min: 1, max: 1 },
		],
	};
	const nearestIn = (children: readonly XmlElement[]) =>
		nearestChildren(group, { ...parentOf([]), children }, { remaining: 100_000 });
	const wildcard = 'any element of another namespace than urn:x';
	expect(nearestIn([])).toBe(`{urn:y}b, ${wildcard}`);
	// As whoever wrote the document calls that vocabulary.
	expect(nearestIn([element({ prefix: 'y', namespace: 'urn:y', localName: 'c' })])).toBe('y:b, y:c');
	const plain: Particle = { ...group, particles: [{ kind: 'element', namespace: '', localName: 'b', min: 1, max: 1 }] };
	expect(nearestChildren(plain, parentOf([]), { remaining: 100_000 })).toBe('b without a namespace');
});
