/** `computon negotiate`: rounds of offers, what is held in a table, one of them taken; by a person or by a script. */
import type { Problem } from '../client/answers.ts';
import type { ComputonClient, OfferResult } from '../client/client.ts';
import type { NegotiationOfferResource } from '../client/resources.ts';
import { type OutgoingDocument, ProblemError } from '../client/transport.ts';
import { narrowed } from './narrowed.ts';
import { acceptedText } from './offers.ts';
import { EXIT, type ExitCode, problemText, UsageError } from './outcome.ts';
import { type Output, secondsIn } from './output.ts';
import { type Round, ranksText, roundOf, roundText } from './round.ts';
import { billionthsOf, type Choosing, suitsOf, wantsOne } from './suitable.ts';
import { EditorError, type Terminal } from './terminal.ts';

export interface NegotiateOptions extends Choosing {
	readonly template?: string;
	/** The agreement that is to be changed. */
	readonly agreement?: string;
	readonly allowRestart?: boolean;
	readonly allowMove?: boolean;
	readonly advisory?: boolean;
}

/**
 * Asks for what the document says. With a terminal a person decides what becomes of the answer; without one the options
 * do. Nothing is left held behind, also where a signal ends the program.
 */
export async function negotiate(
	output: Output,
	client: ComputonClient,
	document: OutgoingDocument,
	options: NegotiateOptions,
	terminal: Terminal | undefined,
): Promise<ExitCode> {
	const { template, agreement, allowRestart, allowMove } = options;
	if (options.advisory === true && wantsOne(options))
		throw new UsageError('--advisory holds nothing, so nothing can be accepted with it.');
	const suits = suitsOf(options);
	const { id } = await client.beginNegotiation({
		...(template === undefined ? {} : { template }),
		...(agreement === undefined ? {} : { agreement }),
		...(allowRestart === true ? { allowRestart } : {}),
		...(allowMove === true ? { allowMove } : {}),
	});
	const letGo = async (): Promise<void> => {
		await client.endNegotiation(id).catch((error: Error) => output.note(`It was not ended: ${error.message}`));
	};
	const forget = beforeSignals(letGo);
	try {
		// Who takes nothing has nothing held.
		const takes = terminal !== undefined || wantsOne(options);
		const state = options.advisory === true || !takes ? 'Advisory' : 'Solicited';
		const round = roundOf(id, document, await client.negotiate(id, document, { state }), output);
		if (terminal === undefined) {
			const within = await askWithin(output, client, round, options);
			return await decideAlone(output, client, within?.counterOffers.some(suits) ? within : round, options, suits);
		}
		return await converse(output, client, round, terminal);
	} finally {
		forget();
		await letGo();
	}
}

/** Does this before a signal ends the program, as it would have without; a second one ends it at once. */
function beforeSignals(work: () => Promise<void>): () => void {
	const forgets = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
		const listener = () => work().finally(() => process.kill(process.pid, signal));
		process.once(signal, listener);
		return () => process.off(signal, listener);
	});
	return () => {
		for (const forget of forgets) forget();
	};
}

/**
 * Asked again for no more than `--max-price`, in the currency of the answer, and for a start `--within`, where the best
 * answer costs more or begins later: a site that is not told what is paid, or that the window is narrower, looks for
 * nothing cheaper and nothing sooner. Undefined where there is nothing to ask: a rank names one of the first answers, and
 * an offer that says itself what it pays and when it begins is answered within that.
 */
async function askWithin(
	output: Output,
	client: ComputonClient,
	{ negotiationId, asked, counterOffers }: Round,
	{ accept = 'best', maxPrice, within }: NegotiateOptions,
): Promise<Round | undefined> {
	const best = counterOffers.find(({ state }) => state !== 'Rejected');
	if (accept !== 'best' || best === undefined) return undefined;
	const { price, grant } = best;
	const startsBy = within === undefined ? undefined : Math.floor(Date.now() / 1000) + secondsIn(within)!;
	const isDear = maxPrice !== undefined && price !== undefined && billionthsOf(price.amount)! > billionthsOf(maxPrice)!;
	const isLate = startsBy !== undefined && grant !== undefined && Date.parse(grant.startAt) > startsBy * 1000;
	if (!isDear && !isLate) return undefined;
	const ceiling = maxPrice === undefined || price === undefined ? undefined : { ...price, amount: maxPrice };
	const document = narrowed(asked, { ceiling, startsBy });
	if (document === undefined) return undefined;
	try {
		// As an answer to what is held it is not in its own way.
		const answers = await client.negotiate(negotiationId, document, { state: 'Solicited', counterOfferTo: best.id });
		return roundOf(negotiationId, document, answers, output);
	} catch (error) {
		if (!(error instanceof ProblemError)) throw error;
		output.note(problemText(error.problem));
		return undefined;
	}
}

/** What the options decide: the best of those that suit is taken, or all are shown. */
async function decideAlone(
	output: Output,
	client: ComputonClient,
	round: Round,
	options: NegotiateOptions,
	suits: (offer: NegotiationOfferResource) => boolean,
): Promise<ExitCode> {
	const { negotiationId, asked, counterOffers } = round;
	const open = counterOffers.filter(({ state }) => state !== 'Rejected');
	const show = (outcome: string, code: ExitCode): ExitCode => {
		const reasons = open.length === 0 ? counterOffers[0]!.reasons : asked.reasons;
		const offers = open.map(afterwards);
		const shown = { ...round, counterOffers: offers.length === 0 ? counterOffers : offers };
		output.data({ outcome, negotiation: negotiationId, reasons, offers }, () => roundText(shown));
		return code;
	};
	if (open.length === 0) return show('refused', EXIT.refused);
	const { accept } = options;
	if (!wantsOne(options)) {
		const asAsked = open[0]!.kind === 'as-asked';
		return asAsked ? show('acceptable', EXIT.accepted) : show('countered', EXIT.countered);
	}
	const suitable = open.filter(suits);
	const isBest = accept === undefined || accept === 'best';
	if (!isBest && !open.some(({ rank }) => rank === Number(accept)) && suitable.length > 0)
		throw new UsageError(`--accept ${accept}: there are ${open.length} offers; give best or a rank from the list.`);
	const wanted = isBest ? suitable : suitable.filter(({ rank }) => rank === Number(accept));
	if (wanted.length === 0) {
		output.note(
			'None of what could be had keeps to --max-price (or what the offer pays), --within and --keep; nothing is held any more.',
		);
		return show('countered', EXIT.countered);
	}
	return take(output, client, negotiationId, wanted);
}

/**
 * Takes the first of these that can be had: what is held can be as a rule, what is only told may be gone by the time that
 * it is agreed to. Why one could not be is said.
 */
async function take(
	output: Output,
	client: ComputonClient,
	negotiation: string,
	wanted: readonly NegotiationOfferResource[],
): Promise<ExitCode> {
	const gone: { readonly offer: string; readonly rank: number | undefined; readonly problem: Problem }[] = [];
	let last: Exclude<OfferResult, { kind: 'accepted' }> | undefined;
	for (const chosen of wanted) {
		if (last !== undefined) output.note(problemText(last.problem));
		const result = await client.acceptOffer(negotiation, chosen);
		if (result.kind === 'accepted') return report(output, negotiation, chosen, result, gone);
		output.note(goneText(chosen));
		gone.push({ offer: chosen.id, rank: chosen.rank, problem: result.problem });
		last = result;
	}
	const { kind, problem } = last!;
	output.data({ outcome: kind, negotiation, problem, gone }, () => problemText(problem));
	return kind === 'countered' ? EXIT.countered : EXIT.refused;
}

/** What a person is told of an offer that could not be agreed to. */
function goneText({ rank, state }: NegotiationOfferResource): string {
	return `Offer ${rank}${state === 'Advisory' ? ' was not held and' : ''} could not be agreed to.`;
}

/** The offer as it is when the negotiation has ended: nothing is held. */
function afterwards({ hold: _, expiresAt: __, ...offer }: NegotiationOfferResource): NegotiationOfferResource {
	return { ...offer, state: 'Advisory' };
}

const COMMANDS = 'number: accept it · e: change what you asked (e 2: change offer 2) · r: ask again · q: leave';

/** Rounds with a person: until an offer is taken, or nothing is wanted any more. */
async function converse(output: Output, client: ComputonClient, first: Round, terminal: Terminal): Promise<ExitCode> {
	let round = first;
	let draft = round.document;
	const askAgain = async (document: OutgoingDocument, counterOfferTo: string): Promise<void> => {
		draft = document;
		try {
			const answers = await client.negotiate(round.negotiationId, document, { counterOfferTo });
			round = roundOf(round.negotiationId, document, answers, output);
		} catch (error) {
			// What cannot be asked is mended and asked again.
			if (!(error instanceof ProblemError)) throw error;
			output.note(problemText(error.problem));
			return;
		}
		output.note(roundText(round, terminal.columns()));
	};
	output.note(roundText(round, terminal.columns()));
	for (;;) {
		output.note(COMMANDS);
		const line = (await terminal.ask('> '))?.trim();
		if (line === undefined || line === 'q') {
			output.note('Left; nothing is held any more.');
			return round.counterOffers.some(({ state }) => state !== 'Rejected') ? EXIT.countered : EXIT.refused;
		}
		const [, edits, number] = /^(e ?)?(\d*)$/.exec(line) ?? [];
		const named = round.counterOffers.find((offer) => number !== '' && offer.rank === Number(number));
		if (line === 'r') await askAgain(round.document, round.asked.id);
		else if (edits !== undefined && (named !== undefined || number === '')) {
			const edited = await editedBy(terminal, named === undefined ? draft : { ...draft, ...documentOf(named) }, output);
			if (edited === undefined) output.note('Nothing was changed.');
			else await askAgain(edited, named === undefined ? round.asked.id : named.id);
		} else if (named === undefined)
			output.note(`${line === '' ? 'Nothing was typed' : `There is no ${line}`}; ${ranksText(round)}.`);
		else {
			const result = await client.acceptOffer(round.negotiationId, named);
			if (result.kind === 'accepted') return report(output, round.negotiationId, named, result);
			output.note(`${goneText(named)}\n${problemText(result.problem)}`);
		}
	}
}

/** An editor that fails ends no round: what is held is still held. */
async function editedBy(
	terminal: Terminal,
	document: OutgoingDocument,
	output: Output,
): Promise<OutgoingDocument | undefined> {
	try {
		return await terminal.edit(document);
	} catch (error) {
		if (!(error instanceof EditorError)) throw error;
		output.note(error.message);
		return undefined;
	}
}

function report(
	output: Output,
	negotiation: string,
	{ id: offer, state }: NegotiationOfferResource,
	{ agreement, effects }: Extract<OfferResult, { kind: 'accepted' }>,
	gone: readonly object[] = [],
): ExitCode {
	const held = state === 'Acceptable';
	output.data({ outcome: 'accepted', negotiation, offer, held, gone, agreement, effects }, () =>
		acceptedText(agreement, effects),
	);
	return EXIT.accepted;
}

function documentOf({ offerXml, offer }: NegotiationOfferResource): OutgoingDocument {
	return offerXml === undefined
		? { mediaType: 'application/json', body: JSON.stringify(offer, undefined, '\t') }
		: { mediaType: 'application/xml', body: offerXml };
}
