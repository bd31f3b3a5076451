import { describe, expect, test } from 'vitest';
import { ACTIONS, type Action, may, type Party, ROLES, type Role, reachOf } from '../../src/identity/party.ts';

/** Whose agreement it is, seen from alice of the VO atlas. */
const OWNERS = {
	mine: { party: 'alice', vo: 'atlas' },
	'of my VO': { party: 'bob', vo: 'atlas' },
	'of another VO': { party: 'carol', vo: 'cms' },
	'of my namesake in another VO': { party: 'alice', vo: 'cms' },
	'of the site': undefined,
} as const;

type Whose = keyof typeof OWNERS;

const everything: Whose[] = ['mine', 'of my VO', 'of another VO', 'of my namesake in another VO', 'of the site'];

/** What each role may do to whose things; everything that is not listed is forbidden. Written down a second time on purpose. */
const ALLOWED: Record<Role, Partial<Record<Action, readonly Whose[]>>> = {
	client: {
		'agreement.create': ['mine'],
		'agreement.see': ['mine'],
		'agreement.change': ['mine'],
		'template.see': everything,
		'image.see': everything,
		'capacity.see': everything,
	},
	broker: {
		'agreement.create': ['mine', 'of my VO'],
		'agreement.see': ['mine', 'of my VO'],
		'agreement.change': ['mine', 'of my VO'],
		'template.see': everything,
		'image.see': everything,
		'capacity.see': everything,
	},
	admin: Object.fromEntries(ACTIONS.map((action) => [action, everything])),
};

describe('who may do what (H9)', () => {
	for (const role of ROLES) {
		const alice: Party = { name: 'alice', vo: 'atlas', role };
		test.each(ACTIONS.flatMap((action) => everything.map((whose) => ({ action, whose }))))(
			`as ${role}: $action, $whose`,
			({ action, whose }) => {
				expect(may(alice, action, OWNERS[whose])).toBe(ALLOWED[role][action]?.includes(whose) ?? false);
			},
		);
	}

	test('what may be listed is exactly what may be seen', () => {
		for (const role of ROLES) {
			const alice: Party = { name: 'alice', vo: 'atlas', role };
			const seen = everything.filter((whose) => may(alice, 'agreement.see', OWNERS[whose]));
			const listed = { none: 0, own: 1, vo: 2, site: everything.length }[reachOf(alice, 'agreement.see')];
			expect(seen).toHaveLength(listed);
		}
	});
});
