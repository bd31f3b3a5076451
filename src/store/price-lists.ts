import type { Database, Statement } from './database.ts';

/** A price list as the site had it configured. */
export interface PriceList {
	readonly number: number;
	readonly prices: unknown;
}

/** The price lists that a site has had. Writes need a transaction. */
export class PriceLists {
	readonly #put: Statement<never>;
	readonly #find: Statement<{ number: number }>;
	readonly #all: Statement<{ number: number; prices: string }>;

	constructor(database: Database) {
		this.#put = database.prepare('INSERT OR IGNORE INTO price_lists (prices) VALUES (?)');
		this.#find = database.prepare('SELECT number FROM price_lists WHERE prices = ?');
		this.#all = database.prepare('SELECT number, prices FROM price_lists ORDER BY number');
	}

	/** The number of this list; one that the site had before has that which it had. */
	numberOf(prices: unknown): number {
		const text = JSON.stringify(prices);
		this.#put.run(text);
		return this.#find.get(text)!.number;
	}

	all(): PriceList[] {
		return this.#all.all().map(({ number, prices }) => ({ number, prices: JSON.parse(prices) as unknown }));
	}
}
