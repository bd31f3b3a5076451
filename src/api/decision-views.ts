/**
 * What a site answers to an offer, as the API shows it: reasons, also as faults have them, alternatives and evaluations.
 * Shapes: docs/openapi.json.
 */
import type { Answer, AnswerDifference } from '../agreement/rounds/answer.ts';
import type { FaultReason } from '../agreement/rounds/base-fault.ts';
import { YEAR_10000_AT } from '../agreement/time.ts';
import { jsonPieces, literalPieces } from '../agreement/to-json.ts';
import type { EvaluationOutcome, OfferedAlternative } from '../broker/outcome.ts';
import type { Reason, Remedy } from '../negotiation/decision.ts';
import { canonicalPieces } from '../xml/writer.ts';
import { choicesView, grantView, hostsView, priceView } from './agreement-views.ts';
import type { Form } from './requests.ts';
import { withList, withMember } from './streamed.ts';
import { instant, intervalView } from './views.ts';

export function reasonView(reason: Reason): Record<string, unknown> {
	const { interval, remedy, ...rest } = reason;
	return {
		...(isOfInstants(reason) ? withInstants(rest) : rest),
		...(interval === undefined ? {} : { interval: intervalView(interval) }),
		...(remedy === undefined ? {} : { remedy: remedyView(remedy, isOfInstants(reason)) }),
	};
}

/**
 * A reason as faults have it: what was asked is what was found, and the limit or what is free is what is allowed.
 * Where a state forbids something, what is there is no such thing.
 */
export function faultReasonOf(reason: Reason): FaultReason {
	const { code, message, path, asked, available, limit, host, hostClass, interval, remedy, resource, serviceName } =
		reason;
	const where = host === undefined ? '' : ` (host ${host})`;
	const when = interval === undefined ? '' : ` (${instant(interval.startAt)} to ${instant(interval.endAt)})`;
	const told = (name: 'found' | 'allowed' | 'nearest' | 'near' | 'available', amount: number | string | undefined) =>
		amount === undefined ? {} : { [name]: String(isOfInstants(reason) ? shownInstant(amount) : amount) };
	return {
		code,
		message: `${message}${where}${when}`,
		...(path === undefined ? {} : { path }),
		...told('found', asked),
		...told('allowed', limit ?? (code === 'STATE_FORBIDS' ? undefined : available)),
		...told('nearest', remedy?.allowed),
		...told('near', remedy?.near),
		...(serviceName === undefined ? {} : { service: serviceName }),
		...(resource === undefined ? {} : { resource }),
		...(limit === undefined || resource === undefined ? {} : told('available', available)),
		...(host === undefined ? {} : { host }),
		...(hostClass === undefined ? {} : { hosts: String(hostClass.hosts) }),
		...(interval === undefined ? {} : { from: instant(interval.startAt), until: instant(interval.endAt) }),
		...(remedy === undefined ? {} : { remedy: remedy.text }),
	};
}

/** How an alternative or a counter-offer answers what was asked. */
export function answerOf(
	{ rank, kind, differences }: Pick<Answer, 'rank' | 'kind' | 'differences'>,
	reasons: readonly Reason[],
): Answer {
	return { rank, kind, differences: differences.map(differenceView), reasons: reasons.map(faultReasonOf) };
}

function remedyView(
	{ startAt, endAt, allowed, interval, ...rest }: Remedy,
	isOfInstants: boolean,
): Record<string, unknown> {
	return {
		...rest,
		...(interval === undefined ? {} : { interval: intervalView(interval) }),
		...(allowed === undefined ? {} : { allowed: isOfInstants ? shownInstant(allowed) : allowed }),
		...(startAt === undefined ? {} : { startAt: instant(startAt) }),
		...(endAt === undefined ? {} : { endAt: instant(endAt) }),
	};
}

function isOfInstants({ resource, code }: Reason): boolean {
	return resource === 'time' && REASONS_OF_INSTANTS.has(code);
}

/** Reasons whose amounts are points in time where their resource is `time`; the others' are seconds. */
const REASONS_OF_INSTANTS: ReadonlySet<Reason['code']> = new Set([
	'WINDOW_PAST',
	'WINDOW_TOO_FAR',
	'LEAD_TIME',
	'OFFER_EXPIRED',
	'STATE_FORBIDS',
]);

/** What no xs:dateTime says stays epoch seconds. */
function shownInstant(amount: unknown): unknown {
	return typeof amount === 'number' && Math.abs(amount) < YEAR_10000_AT ? instant(amount) : amount;
}

function withInstants(reason: Omit<Reason, 'interval'>): Record<string, unknown> {
	const amounts = ['asked', 'available', 'limit'] as const;
	const changed = amounts
		.filter((name) => reason[name] !== undefined)
		.map((name) => [name, shownInstant(reason[name])]);
	return { ...reason, ...Object.fromEntries(changed) };
}

/** An alternative with the offer that would be accepted, in the form in which the offer was sent: as JSON, piece by piece. */
export function printAlternative(alternative: OfferedAlternative, form: Form): Iterable<string> {
	const { offer } = alternative;
	const view = alternativeView(alternative);
	if (form === 'xml') return withMember(view, 'offerXml', literalPieces(canonicalPieces(offer)));
	return withMember(view, 'offer', jsonPieces(offer));
}

/** An alternative without its offer. */
function alternativeView(alternative: OfferedAlternative): Record<string, unknown> {
	const { rank, kind, grant, price, differences, effects, branch } = alternative;
	const shown = { grant: grantView(grant), price: priceView(price), differences: differences.map(differenceView) };
	return { rank, kind, branch, ...shown, ...(effects.length === 0 ? {} : { effects }) };
}

/** Instants among the differences are epoch seconds in the decision and RFC 3339 here. */
export function differenceView({ field, serviceName, asked, offered }: AnswerDifference): AnswerDifference {
	const shown = (value: number | string) =>
		(field === 'startAt' || field === 'endAt') && typeof value === 'number' ? instant(value) : value;
	const service = serviceName === undefined ? {} : { serviceName };
	return { field, ...service, asked: shown(asked), offered: shown(offered) };
}

/** What an evaluation comes to, as JSON, piece by piece; the alternatives behind all else. */
export function printEvaluation(outcome: Evaluated, form: Form): Iterable<string> {
	const view = evaluationView(outcome);
	if (outcome.kind !== 'countered') return [JSON.stringify(view)];
	return withList(
		view,
		'alternatives',
		outcome.alternatives.map((each) => printAlternative(each, form)),
	);
}

type Evaluated = Extract<EvaluationOutcome, { kind: 'accepted' | 'countered' | 'refused' }>;

/** The same without alternatives. */
export function evaluationView(outcome: Evaluated): Record<string, unknown> {
	const { kind, calendarVersion, remarks } = outcome;
	if (kind === 'accepted') {
		const { grant, placement, effects, price, priceBefore, because, chosen } = outcome;
		const prices = { price: priceView(price), priceBefore: priceView(priceBefore) };
		const shown = { grant: grantView(grant), ...prices, hosts: hostsView(placement, grant) };
		return { outcome: kind, calendarVersion, ...choicesView(chosen), ...shown, effects, because, remarks };
	}
	const reasons = outcome.reasons.map(reasonView);
	return { outcome: kind, calendarVersion, reasons, remarks };
}
