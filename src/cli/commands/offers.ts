/** Commands that ask a site for something: offers, and negotiations of them. */
import type { ChangePermissions } from '../../client/client.ts';
import { readDocumentFile } from '../documents.ts';
import * as negotiation from '../negotiate.ts';
import { dryRun, sendOffer } from '../offers.ts';
import { UsageError } from '../outcome.ts';
import { type CommandLine, LENIENT } from './command-line.ts';

export function addOffers({ program, output, client, does }: CommandLine): void {
	program
		.command('offer <file>')
		.description('send an offer (XML or JSON, - for standard input) and see what the site says')
		.option('--dry-run', 'only ask what would be answered')
		.option('--lenient', LENIENT)
		.option(
			'--take <rank>',
			'when countered, take the alternative of this rank, or "best": the first that the offer pays',
		)
		.option('--idempotency-key <key>', 'send the same offer again with the same key: it is accepted once')
		.action((file: string, options: { dryRun?: boolean; lenient?: boolean; take?: string; idempotencyKey?: string }) =>
			does(async () => {
				const document = await readDocumentFile(file, options);
				const broker = await client();
				if (options.dryRun === true) return dryRun(output, broker, document);
				const key = firstOnly(options.idempotencyKey);
				return sendOffer(output, (each) => broker.offer(each, key()), document, options.take);
			}),
		);
}

/** `computon evaluate`: what would be answered, of an offer or of a change; nothing is committed, nothing is held. */
export function addEvaluation({ program, output, client, does }: CommandLine): void {
	program
		.command('evaluate <file>')
		.description(
			'ask what a site would answer to an offer (XML or JSON, - for standard input): can it be had, when, why there and at what price, and what instead. Nothing is committed and nothing is held.',
		)
		.option('--change <agreement>', 'ask about a change of this agreement: the file says what it is to be like')
		.option('--allow-restart', 'count a change that restarts the machines as one, unless the offer forbids it')
		.option('--allow-move', 'count a change that starts machines anew on another host, unless the offer forbids it')
		.option('--lenient', LENIENT)
		.addHelpText('after', EVALUATION_HELP)
		.action((file: string, options: ChangePermissions & { change?: string; lenient?: boolean }) =>
			does(async () => {
				const { change, allowRestart, allowMove } = options;
				if (change === undefined && (allowRestart ?? allowMove) !== undefined) {
					throw new UsageError(
						'--allow-restart and --allow-move are about a change: name the agreement with --change.',
					);
				}
				const document = await readDocumentFile(file, options);
				const permissions = {
					...(allowRestart === undefined ? {} : { allowRestart }),
					...(allowMove === undefined ? {} : { allowMove }),
				};
				return dryRun(output, await client(), document, change, permissions);
			}),
		);
}

const EVALUATION_HELP = `
Exit codes: 0 it can be had as it stands, 10 not so, but something else, 11 not at all.

  computon evaluate offer.xml                       can this be had, when, and what would it cost?
  computon evaluate until-friday.xml --change ID    can ID be like this: until Friday, with more memory? It tells the
                                                    price and the one that is paid now, and what becomes of machines
                                                    that run: live, by a restart, or by moving to another host
  computon evaluate offer.xml --json | jq .price    the same for programs: outcome, grant, price, priceBefore, effects,
                                                    because, reasons with remedies, alternatives with their offers

The answer holds for the calendar version that it names; who wants it kept asks for it with: computon negotiate FILE`;

export function addNegotiation({ program, output, client, does, terminalFor }: CommandLine): void {
	program
		.command('negotiate <file>')
		.description(
			'ask for what an offer says, have what could be had held, and take one; at a terminal in rounds, else as told.\n' +
				'What may not be held is told too, and is taken like the rest if it is still there then.\n' +
				'A neg:NegotiationOffer says also what is Required and what is Optional, and how Important.\n' +
				'Without --accept, --max-price, --within or --keep a script only asks: 0 it can be had as asked, 10 not quite, 11 not at all.',
		)
		.option('--template <name/id>', 'what the offer must be made from')
		.option('--agreement <id>', 'change this agreement instead of making a new one')
		.option('--allow-restart', 'accept a change that restarts the machines, unless the offer forbids it')
		.option('--allow-move', 'accept a change that starts machines anew on another host, unless the offer forbids it')
		.option('--accept <rank>', 'take the offer of this rank, or "best": the first that the offer pays')
		.option(
			'--max-price <amount>',
			'take the best that costs no more; asks again for so much where the first answer costs more',
		)
		.option(
			'--within <duration>',
			'take the best that starts so soon, for example 2h; asks again for such a start where the first answer, within its window, starts later',
		)
		.option(
			'--keep <share>',
			'take the best that has at least this share of each size and of the duration asked for, for example 80%',
		)
		.option('--advisory', 'only ask: nothing is held')
		.option('--lenient', LENIENT)
		.action((file: string, options: negotiation.NegotiateOptions & { lenient?: boolean }) =>
			does(async () => {
				const { accept, maxPrice, within, keep, advisory } = options;
				const isTold = output.json || (accept ?? maxPrice ?? within ?? keep ?? advisory) !== undefined;
				const document = await readDocumentFile(file, options);
				const terminal = isTold ? undefined : terminalFor(file);
				return negotiation.negotiate(output, await client(), document, options, terminal);
			}),
		);
}

/** The key for the first document that is sent: an alternative is another offer and may not use the same key. */
export function firstOnly(idempotencyKey: string | undefined): () => { idempotencyKey?: string } {
	let left = idempotencyKey === undefined ? {} : { idempotencyKey };
	return () => {
		const key = left;
		left = {};
		return key;
	};
}
