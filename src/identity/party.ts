/** Who is asking, and what they may do: one table for the whole site (H9). */

export const ROLES = ['client', 'broker', 'admin'] as const;

/** `client` uses what it negotiated, `broker` acts for its whole virtual organisation, `admin` runs the site. */
export type Role = (typeof ROLES)[number];

/** Party, VO and label: enough for a distinguished name, short enough for a table. */
export const NAME_LENGTH_MAX = 200;

/**
 * Whether this is a text of at most so many UTF-16 units that can stand in any document: every character an XML Char
 * (XML 1.0, 2.2), and none a control character.
 */
export function isPlainText(value: unknown, lengthMax: number = NAME_LENGTH_MAX): value is string {
	return typeof value === 'string' && value.length <= lengthMax && /^[^\p{Cc}\p{Cs}\uFFFE\uFFFF]*$/u.test(value);
}

/** Whether this can name a party, a VO, an image: plain text that is not empty. */
export function isName(value: unknown): value is string {
	return value !== '' && isPlainText(value);
}

/** Whom a request comes from. A party is known by its name within its virtual organisation (VO). */
export interface Party {
	readonly name: string;
	readonly vo: string;
	readonly role: Role;
}

/** To whom a thing belongs. */
export interface Owner {
	readonly party: string;
	readonly vo: string;
}

/** How far a right reaches: nowhere, to one's own, to everything of one's VO, to everything of the site. */
export type Reach = 'none' | 'own' | 'vo' | 'site';

const REACHES = {
	'agreement.create': { client: 'own', broker: 'vo', admin: 'site' },
	'agreement.see': { client: 'own', broker: 'vo', admin: 'site' },
	'agreement.change': { client: 'own', broker: 'vo', admin: 'site' },
	'template.see': { client: 'site', broker: 'site', admin: 'site' },
	'template.publish': { client: 'none', broker: 'none', admin: 'site' },
	'image.see': { client: 'site', broker: 'site', admin: 'site' },
	'image.change': { client: 'none', broker: 'none', admin: 'site' },
	'maintenance.change': { client: 'none', broker: 'none', admin: 'site' },
	'capacity.see': { client: 'site', broker: 'site', admin: 'site' },
	'token.manage': { client: 'none', broker: 'none', admin: 'site' },
} as const satisfies Record<string, Record<Role, Reach>>;

/** Something that can be allowed or not. */
export type Action = keyof typeof REACHES;

export const ACTIONS = Object.keys(REACHES) as readonly Action[];

/** How far the party's right to this action reaches; what a list may show follows from it. */
export function reachOf(party: Party, action: Action): Reach {
	return REACHES[action][party.role];
}

/** Whether the party may do this to what belongs to `owner`; without an owner, to what belongs to the site. */
export function may(party: Party, action: Action, owner?: Owner): boolean {
	const reach = reachOf(party, action);
	switch (reach) {
		case 'none':
			return false;
		case 'own':
			return owner !== undefined && owner.party === party.name && owner.vo === party.vo;
		case 'vo':
			return owner !== undefined && owner.vo === party.vo;
		case 'site':
			return true;
	}
}
