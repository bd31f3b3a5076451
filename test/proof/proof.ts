/**
 * `npm run proof [-- --questions N] [--histories N] [--json]`: the properties that the tests ask a thousand times,
 * asked a hundred thousand times, and ten thousand histories of a broker. Progress goes to stderr, a table or one line
 * of JSON to stdout. Exit code 0: all agree; 1: a disagreement, with its smallest example on stderr; 2: usage.
 */
import { parseArgs } from 'node:util';
import type { TestCase, TestModule } from 'vitest/node';
import { startVitest } from 'vitest/node';

/** What is proved: the calendar against brute force, decisions and alternatives, histories of a broker, holds, machines. */
const PROOFS = [
	'test/capacity/',
	'test/negotiation/',
	'test/broker/histories.test.ts',
	'test/broker/held.test.ts',
	'test/jobs/effects.test.ts',
];

/** Of fewer it is luck how often a case comes up, which the properties count. */
const QUESTIONS_MIN = 1000;
const HISTORIES_MIN = 100;

const EXIT_DISAGREEMENT = 1;
const EXIT_USAGE = 2;

interface Proof {
	readonly name: string;
	readonly ok: boolean;
	readonly seconds: number;
}

async function main(): Promise<number> {
	const asked = readOptions();
	if (asked === undefined) {
		process.stderr.write(
			`Usage: npm run proof -- [--questions N] [--histories N] [--json]\nN is at least ${QUESTIONS_MIN} and ${HISTORIES_MIN}.\n`,
		);
		return EXIT_USAGE;
	}
	const { questions, histories, json } = asked;
	process.env.PROOF_QUESTIONS = String(questions);
	process.env.PROOF_HISTORIES = String(histories);
	process.env.COMPUTON_SEED ??= String(Math.trunc(Math.random() * 2 ** 31));
	const begun = performance.now();
	const proofs: Proof[] = [];
	const say = (line: string): void => {
		process.stderr.write(`${clock(performance.now() - begun)}  ${line}\n`);
	};
	say(`${questions} questions of each kind, ${histories} histories, COMPUTON_SEED=${process.env.COMPUTON_SEED}`);
	const vitest = await startVitest('test', PROOFS, {
		watch: false,
		project: ['unit', 'oracles', 'integration'],
		maxWorkers: 2,
		// Nobody knows how long a proof takes on this machine.
		testTimeout: 0,
		reporters: [
			{
				onTestModuleStart: ({ relativeModuleId }: TestModule) => say(`${relativeModuleId} ...`),
				onTestCaseResult: (test: TestCase) => {
					const { state, errors } = test.result();
					if (state === 'skipped') return;
					const ok = state === 'passed';
					const seconds = Math.round(test.diagnostic()?.duration ?? 0) / 1000;
					proofs.push({ name: test.fullName, ok, seconds });
					if (seconds >= 1 || !ok) say(`${ok ? 'agrees' : 'DISAGREES'}: ${test.fullName} (${seconds} s)`);
					for (const { message } of errors ?? []) process.stderr.write(`${message}\n`);
				},
			},
		],
	});
	const broken = vitest.state.getUnhandledErrors().length > 0;
	await vitest.close();
	const disagreements = proofs.filter(({ ok }) => !ok).length;
	const ok = disagreements === 0 && proofs.length > 0 && !broken;
	const seconds = Math.round((performance.now() - begun) / 1000);
	if (json) process.stdout.write(`${JSON.stringify({ ok, questions, histories, disagreements, seconds, proofs })}\n`);
	else process.stdout.write(`${proofs.length} properties, ${disagreements} disagreements, ${seconds} s\n`);
	return ok ? 0 : EXIT_DISAGREEMENT;
}

function readOptions(): { questions: number; histories: number; json: boolean } | undefined {
	try {
		const { values } = parseArgs({
			options: {
				questions: { type: 'string', default: '100000' },
				histories: { type: 'string', default: '10000' },
				json: { type: 'boolean', default: false },
			},
		});
		const [questions, histories] = [Number(values.questions), Number(values.histories)];
		const isUsable = (count: number, least: number): boolean => Number.isSafeInteger(count) && count >= least;
		return isUsable(questions, QUESTIONS_MIN) && isUsable(histories, HISTORIES_MIN)
			? { questions, histories, json: values.json }
			: undefined;
	} catch {
		return undefined;
	}
}

function clock(milliseconds: number): string {
	const seconds = Math.floor(milliseconds / 1000);
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

process.exitCode = await main();
