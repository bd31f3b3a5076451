import type { Database, Statement } from './database.ts';
import type { HoldRecord } from './negotiation-records.ts';

interface HoldRow {
	id: string;
	negotiation_id: string;
	party: string;
	vo: string;
	site_seconds: number;
	most_seconds: number;
	site_share: number;
	state: HoldRecord['state'];
	held_at: number;
	ended_at: number | null;
}

type Owner = Pick<HoldRecord, 'party' | 'vo'>;

/** What is held for offers of negotiations, and what became of it. Writes need a transaction. */
export class Holds {
	readonly #withImage: Statement<{ negotiation_id: string }>;
	readonly #put: Statement<never>;
	readonly #end: Statement<never>;
	readonly #byId: Statement<HoldRow>;
	readonly #purchaseEnd: Statement<never>;
	readonly #purchaseOf: Statement<HoldRow>;
	readonly #of: Statement<HoldRow>;
	readonly #standing: Statement<{ holds: number; site_seconds: number; vo_site_seconds: number }>;
	readonly #lapses: Statement<{ ended_at: number; held_at: number; site_share: number }>;

	constructor(database: Database) {
		this.#withImage = database.prepare(`
			SELECT o.negotiation_id FROM holds h JOIN negotiation_offers o ON o.hold_id = h.id
			WHERE h.state = 'held' AND o.state = 'Acceptable' AND EXISTS (
				SELECT 1 FROM json_tree(o.proposal, '$.grant') AS t WHERE t.key = 'imageDigest' AND t.atom = ?
			) LIMIT 1`);
		this.#put = database.prepare(`
			INSERT INTO holds (id, negotiation_id, party, vo, site_seconds, most_seconds, site_share, state, held_at)
			VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, 'held', ?7)
			ON CONFLICT DO UPDATE SET site_seconds = excluded.site_seconds,
				most_seconds = max(most_seconds, excluded.most_seconds), site_share = max(site_share, excluded.site_share)`);
		this.#end = database.prepare("UPDATE holds SET state = ?, ended_at = ? WHERE id = ? AND state = 'held'");
		this.#purchaseEnd = database.prepare(
			"UPDATE holds SET state = ?, site_seconds = ?, ended_at = ? WHERE id = ? AND state = 'bought'",
		);
		this.#purchaseOf = database.prepare(`
			SELECT holds.* FROM negotiation_offers JOIN holds ON holds.id = hold_id
			WHERE negotiation_offers.agreement_id = ? AND holds.state = 'bought'`);
		this.#byId = database.prepare('SELECT * FROM holds WHERE id = ?');
		this.#of = database.prepare("SELECT * FROM holds WHERE negotiation_id = ? AND state = 'held' ORDER BY id");
		this.#standing = database.prepare(`
			SELECT count(*) FILTER (WHERE party = ?2) AS holds, coalesce(sum(site_seconds), 0) AS vo_site_seconds,
				coalesce(sum(site_seconds) FILTER (WHERE party = ?2), 0) AS site_seconds
			FROM holds WHERE vo = ?1 AND state = 'held'`);
		this.#lapses = database.prepare(`
			SELECT ended_at, held_at, site_share FROM holds AS lapsed
			WHERE vo = ?1 AND party = ?2 AND state <> 'held' AND state = 'lapsed' AND ended_at > ?3 AND NOT EXISTS (
				SELECT 1 FROM holds AS bought
				WHERE vo = ?1 AND party = ?2 AND state <> 'held' AND state = 'bought'
					AND bought.ended_at >= lapsed.ended_at AND bought.site_seconds * ?4 >= max(lapsed.site_seconds, lapsed.most_seconds))
			ORDER BY ended_at DESC LIMIT ?5`);
	}

	/** Makes a hold, or says anew what it takes. */
	put({ id, negotiationId, party, vo, siteSeconds, siteShare = 0, heldAt }: HoldRecord): void {
		this.#put.run(id, negotiationId, party, vo, siteSeconds, siteShare, heldAt);
	}

	/** The hold that this agreement was bought from. */
	purchaseOf(agreementId: string): HoldRecord | undefined {
		const row = this.#purchaseOf.get(agreementId);
		return row && holdOf(row);
	}

	/** Of what was bought only so much was kept: it counts as a purchase of that, or as none. */
	revisePurchase({ id, siteSeconds }: HoldRecord, state: 'bought' | 'lapsed', at: number): void {
		this.#purchaseEnd.run(state, siteSeconds, at, id);
	}

	end(id: string, state: Exclude<HoldRecord['state'], 'held'>, at: number): void {
		this.#end.run(state, at, id);
	}

	find(id: string): HoldRecord | undefined {
		const row = this.#byId.get(id);
		return row && holdOf(row);
	}

	/** The holds of a negotiation that have not ended. */
	of(negotiationId: string): HoldRecord[] {
		return this.#of.all(negotiationId).map(holdOf);
	}

	/**
	 * What the party holds, and all parties of its VO together, and what it held that lapsed, newest first: after
	 * `sinceAt`, and before no purchase of which it was at most `forgivenTimes` the size.
	 */
	standingOf({ vo, party }: Owner, sinceAt: number, forgivenTimes: number) {
		const standing = this.#standing.get(vo, party)!;
		const { holds, site_seconds: heldSiteSeconds, vo_site_seconds: voSiteSeconds } = standing;
		const lapsed = this.#lapses.all(vo, party, sinceAt, forgivenTimes, LAPSES_MAX);
		const lapses = lapsed.map(({ ended_at: at, held_at: heldAt, site_share: siteShare }) => {
			return { at, heldSeconds: at - heldAt, siteShare };
		});
		return { heldCount: holds, heldSiteSeconds, voSiteSeconds, lapses };
	}
	/** A negotiation in which machines of this image are held out to somebody. */
	withImage(digest: string): string | undefined {
		return this.#withImage.get(digest)?.negotiation_id;
	}
}

/** More make no longer pause: it has doubled long enough. */
const LAPSES_MAX = 100;

function holdOf(row: HoldRow): HoldRecord {
	return {
		id: row.id,
		negotiationId: row.negotiation_id,
		party: row.party,
		vo: row.vo,
		siteSeconds: row.site_seconds,
		mostSeconds: row.most_seconds,
		siteShare: row.site_share,
		state: row.state,
		heldAt: row.held_at,
		...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
	};
}
