import { defineConfig } from 'vitest/config';

/**
 * What needs more than a moment: real libvirt and guests, brokers that are killed, 20,000 documents; workers that are
 * started and lost, hostile corpora, random histories, a linter that is started or at its bounds, answers held
 * against all that could be had; long talks with a broker over HTTP and at the command line.
 */
const SLOW = [
	'test/integration/**/*.test.ts',
	'test/conformance/**/*.test.ts',
	'test/**/proof.test.ts',
	'test/broker/{durability,goes,held,starving}.test.ts',
	'test/xml/pool.test.ts',
	'test/cli/{cli,clusters,negotiate,validate}.test.ts',
	'test/api/{lenient,offer-ids,price-terms,prices,soap-calls,soap-negotiation}.test.ts',
	'test/service/policy-webhook.test.ts',
	'test/{api,xml}/*hostile.test.ts',
	'test/{broker,capacity}/histories.test.ts',
	'test/agreement/{lint-*-oracle,lint-conditions,lint-findings,lint-forms,lint-range-parts,lint-relations,lint-undecided,mend-properties,nearest-*}.test.ts',
	'test/negotiation/{anywhere,cluster-front,clusters,coupled,documents,front,large-site,optional,optional-far,price,properties,ranking,refusals,remedies,required,templates}.test.ts',
	'test/jobs/{effects,renegotiation}.test.ts',
	'test/ground/boundaries.test.ts',
];

/** Two projects: `unit` needs nothing but Node and is quick; `integration` is the rest. */
export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					setupFiles: ['test/seed.ts'],
					include: ['test/**/*.test.ts'],
					exclude: SLOW,
					testTimeout: 20_000,
					// The workers of a broker read the program anew each time that a test starts one: from here, in half the time.
					env: { NODE_COMPILE_CACHE: 'node_modules/.cache/computon' },
					// A module is loaded once, not once per file: a third of the CPU time. No unit test changes a module's state.
					isolate: false,
				},
			},
			{
				test: {
					name: 'integration',
					setupFiles: ['test/seed.ts'],
					include: SLOW,
					testTimeout: 180_000,
					hookTimeout: 180_000,
					// Files of tests share this machine's libvirt and its clock; those of a proof share nothing.
					fileParallelism: process.env.PROOF_QUESTIONS !== undefined,
				},
			},
		],
	},
});
