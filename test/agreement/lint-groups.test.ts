/** What lint calls impossible of model groups has no sample that fits them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayFitAll } from '../../src/agreement/lint/lint-groups.ts';
import { findChildrenFault, type Particle } from '../../src/agreement/template/particles.ts';
import { element } from '../../src/xml/element.ts';

const occurrence = fc.constantFrom(
	{ min: 1, max: 1 },
	{ min: 0, max: 1 },
	{ min: 0, max: Number.POSITIVE_INFINITY },
	{ min: 2, max: 3 },
);

const { particle } = fc.letrec<{ particle: Particle }>((tie) => {
	const name = fc.constantFrom('a', 'b', 'c');
	const one = fc
		.tuple(occurrence, name)
		.map(([often, localName]): Particle => ({ kind: 'element', namespace: 'urn:x', localName, ...often }));
	const any = occurrence.map((often): Particle => ({ kind: 'any', namespaces: '##any', ...often }));
	const group = fc
		.tuple(
			occurrence,
			fc.constantFrom('sequence' as const, 'choice' as const),
			fc.array(tie('particle'), { maxLength: 3 }),
		)
		.map(([often, kind, particles]): Particle => ({ kind, particles, ...often }));
	const all = fc
		.uniqueArray(name, { maxLength: 3 })
		.chain((names) => fc.tuple(...names.map((localName) => fc.tuple(fc.boolean(), fc.constant(localName)))))
		.map((names): Particle => {
			const particles = names.map(([isOptional, localName]): Particle => {
				return { kind: 'element', namespace: 'urn:x', localName, min: isOptional ? 0 : 1, max: 1 };
			});
			return { kind: 'all', min: 1, max: 1, particles };
		});
	return { particle: fc.oneof({ maxDepth: 2 }, one, one, any, all, group) };
});

/** All rows of at most four children of three names. */
const ROWS = Array.from({ length: 5 }, (_, length) => rowsOf(length)).flat();

function rowsOf(length: number): readonly string[][] {
	return length === 0 ? [[]] : rowsOf(length - 1).flatMap((row) => ['a', 'b', 'c'].map((name) => [...row, name]));
}

test('groups that exclude each other have no children in common, and groups with children in common do not', () => {
	const parents = ROWS.map((row) => {
		const children = row.map((localName) => element({ prefix: '', namespace: 'urn:x', localName }));
		return element({ prefix: '', namespace: 'urn:x', localName: 'parent' }, [], children);
	});
	const fits = (group: Particle, parent: (typeof parents)[number]) =>
		findChildrenFault(group, parent, { remaining: 1_000_000 }) === undefined;
	let excluding = 0;
	fc.assert(
		fc.property(particle, particle, (one, other) => {
			if (mayFitAll([one, other])) return;
			excluding += 1;
			expect(parents.filter((parent) => fits(one, parent) && fits(other, parent))).toEqual([]);
		}),
		{ numRuns: 300 },
	);
	expect(excluding).toBeGreaterThan(20);
});
