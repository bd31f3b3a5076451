/** Questions about small sites as a broker asks them: an offer for a template, both as documents. */
import fc from 'fast-check';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { findViolations } from '../../src/agreement/offer/violations.ts';
import { decisionBudget } from '../../src/agreement/template/check-budget.ts';
import type { Template } from '../../src/agreement/template/template.ts';
import { type Price, withQuote } from '../../src/agreement/terms/quote.ts';
import { type GrantedService, type ServiceGrant, servicesOf } from '../../src/agreement/terms/service.ts';
import { printDateTime, printDuration } from '../../src/agreement/time.ts';
import { documentQuestion } from '../../src/broker/branch-question.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage } from '../../src/capacity/resources.ts';
import type { Question } from '../../src/negotiation/decide.ts';
import type { SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { DIGEST, offer, term, valueIn } from '../agreement/documents.ts';
import { GIB, host, NOW, POLICY } from './requests.ts';
import { CELL, CELLS, CELLS_LONGEST, type Had, type SmallSite } from './small-sites.ts';

/** How much of one size is asked: so much, from so much to so much, or what the site gives. */
export type Asked = number | readonly [least: number, most: number] | undefined;

export interface AskedService {
	readonly machines: Asked;
	readonly cpus: Asked;
	readonly gib: Asked;
	readonly perHostMax?: number;
}

/** What is asked of a small site, in cells. */
export interface SmallOffer {
	readonly services: readonly AskedService[];
	readonly start: number | undefined;
	readonly cells: number;
	/** It floats so far; absent: it begins at its start. */
	readonly slack: number | undefined;
	/** What is paid at most. */
	readonly cents: number | undefined;
}

/** The services of a cluster: the first is called what `offer` calls it. */
export const NAMES = ['workspace', 'workers'] as const;

export function asked(most: number): fc.Arbitrary<Asked> {
	const number = fc.integer({ min: 1, max: most });
	return fc.oneof(
		{ weight: 1, arbitrary: fc.constant(undefined) },
		{ weight: 4, arbitrary: number },
		{
			weight: 2,
			arbitrary: fc.tuple(number, number).map(([a, b]): Asked => [Math.min(a, b), Math.max(a, b)]),
		},
	);
}

/** What offers with so many services ask. */
export function smallOffer(services: fc.Arbitrary<readonly AskedService[]>): fc.Arbitrary<SmallOffer> {
	return fc.record({
		services,
		start: fc.option(fc.nat(8), { nil: undefined }),
		cells: fc.integer({ min: 1, max: CELLS_LONGEST + 1 }),
		slack: fc.option(fc.nat(6), { nil: undefined }),
		cents: fc.option(fc.integer({ min: 5, max: 150 }), { nil: undefined, freq: 4 }),
	});
}

function element(name: string, asks: Asked, unit = 1): string {
	if (asks === undefined) return '';
	if (typeof asks === 'number') return `<jsdl:${name}><jsdl:Exact>${asks * unit}</jsdl:Exact></jsdl:${name}>`;
	const [least, most] = asks.map((each) => each * unit);
	const bounds = `<jsdl:LowerBound>${least}</jsdl:LowerBound><jsdl:UpperBound>${most}</jsdl:UpperBound>`;
	return `<jsdl:${name}><jsdl:Range>${bounds}</jsdl:Range></jsdl:${name}>`;
}

/** The offer as a document; prices are told of only where there are some. */
export function documentOf({ services, start, cells, slack, cents }: SmallOffer, site: SmallSite): Offer {
	const at = (cell: number): string => printDateTime(NOW + cell * CELL);
	const time = (name: string, text: string): string => `<ws:${name}>${text}</ws:${name}>`;
	const window = [
		start === undefined ? '' : time('StartTime', at(start)),
		slack === undefined ? '' : time('EndTime', at((start ?? 0) + cells + slack)),
		time('Duration', printDuration(cells * CELL)),
	].join('');
	const resourcesOf = ({ machines, cpus, gib }: AskedService): string =>
		[
			element('IndividualCPUCount', cpus),
			element('IndividualPhysicalMemory', gib, GIB),
			element('TotalResourceCount', machines),
		].join('');
	const workspaceOf = ({ perHostMax }: AskedService): string => {
		const placement =
			perHostMax === undefined
				? ''
				: `<ws:Placement strategy="spread" machinesPerHostMax="${perHostMax}"></ws:Placement>`;
		return `<ws:Workspace><ws:Image digest="${DIGEST}">guest</ws:Image>${placement}</ws:Workspace>`;
	};
	const [first, second] = services;
	const job = (resources: string): string =>
		`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>`;
	const workers =
		second === undefined
			? ''
			: term('worker-resources', job(resourcesOf(second)), NAMES[1]) +
				term('worker-workspace', workspaceOf(second), NAMES[1]);
	const written = offer({
		resources: resourcesOf(first!),
		window: `<ws:Window>${window}</ws:Window>`,
		workspace: workspaceOf(first!),
		terms: workers,
	});
	if (cents === undefined || site.cheapFrom === undefined) return written;
	const price: Price = { currency: 'EUR', amount: (cents / 100).toFixed(2), cancellation: [] };
	return valueIn(readOffer(withQuote(written.tree, price)));
}

/** The site as the judgement sees it. */
export function worldOf(site: SmallSite): Pick<Question, 'calendar' | 'policy' | 'now' | 'party'> {
	const { hosts, taken, setupCells, teardownCells, cheapFrom } = site;
	const calendar = new SiteCalendar(
		hosts.map(({ cpus, gib }, nth) => host(`h${nth}`, { cpuMillicores: cpus * 1000, memoryBytes: gib * GIB })),
	);
	for (const { host: nth, from, cells, cpus, gib } of taken) {
		const demand = { cpuMillicores: cpus * 1000, memoryBytes: gib * GIB, diskBytes: 0, networkBitsPerSecond: 0 };
		const usage = defineUsage([{ offsetSeconds: 0, durationSeconds: cells * CELL, demand }]);
		calendar.book({ startAt: NOW + from * CELL, usage, machines: [{ host: `h${nth}`, count: 1 }] });
	}
	const policy: SitePolicy = {
		...POLICY,
		setupSeconds: setupCells * CELL,
		teardownSeconds: teardownCells * CELL,
		horizonSeconds: CELLS * CELL,
		durationSecondsMin: CELL,
		durationSecondsMax: CELLS_LONGEST * CELL,
		machinesMax: 6,
		cpuCountMax: 4,
		images: new Map([[DIGEST, { name: 'guest', diskBytes: 0 }]]),
		defaults: { cpuCount: 1, memoryBytes: GIB },
		...(cheapFrom === undefined ? {} : { prices: pricesFrom(cheapFrom) }),
	};
	return { calendar, policy, now: NOW, party: { name: 'ann', vo: 'physics' } };
}

/** NOW is midnight. */
function pricesFrom(cell: number) {
	const clock = printDateTime(NOW + cell * CELL).slice(11, 16);
	const reading = readPriceModel(
		{
			currency: 'EUR',
			rates: [
				{ from: '00:00', to: clock, cpuHour: '0.10', memoryGibHour: '0.02' },
				{ cpuHour: '0.04', memoryGibHour: '0.02' },
			],
		},
		() => [{ fromAt: 0, offsetSeconds: 0 }],
	);
	if (!reading.ok) throw new Error(reading.issues.join());
	return reading.model;
}

/** What the broker asks of the document, which is read once: each question has all the steps that a decision may take. */
export function askingOf(document: Offer, template: Template, world: ReturnType<typeof worldOf>): () => Question {
	const request = valueIn(readServiceRequest(document, template));
	const currency = world.policy.prices?.currency;
	const violations = findViolations(document, request, template, currency);
	const branch = { offer: document, request, violations, terms: [], utility: 0, chosen: [] };
	return () => {
		const budget = decisionBudget();
		const stepsAtFirst = budget.remaining;
		return {
			...world,
			...documentQuestion(branch as never, { template, demands: undefined, currency, budget }),
			stepsSpent: () => stepsAtFirst - budget.remaining,
		};
	};
}

/** The document of an alternative, as its client sends it. */
export function sentBackOf(document: Offer, template: Template, grant: ServiceGrant, price?: Price): Offer {
	return valueIn(readOffer(withQuote(narrowOffer(document, grant, template), price)));
}

/** The grant in the words of the list of everything. */
export function hadIn(grant: ServiceGrant, price?: Price): Had {
	const services = servicesOf<GrantedService>(grant).map(({ machineCount, cpuCount, memoryBytes }) => {
		return { machines: machineCount, cpus: cpuCount, bytes: memoryBytes };
	});
	const { startAt, endAt } = grant;
	return { services, startAt, endAt, cents: price === undefined ? 0 : Math.round(100 * Number(price.amount)) };
}
