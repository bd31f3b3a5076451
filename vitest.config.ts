import { defineConfig } from 'vitest/config';

/** What needs more than a moment and nothing but the pure rooms: answers held against all that could be had. */
const ORACLES = [
	'test/**/proof.test.ts',
	'test/capacity/histories.test.ts',
	'test/agreement/{lint-*-oracle,lint-conditions,lint-findings,lint-forms,lint-range-parts,lint-relations,lint-undecided,mend-properties,nearest-*}.test.ts',
	'test/negotiation/{anywhere,cluster-front,clusters,coupled,documents,front,large-site,optional,optional-far,price,properties,ranking,refusals,remedies,required,templates}.test.ts',
];

/**
 * What shares this machine's libvirt, its clock or its processors: real guests, brokers that are killed, 20,000 documents;
 * workers that are started and lost, hostile corpora, random histories, a linter that is started; long talks with a
 * broker over HTTP and at the command line.
 */
const INTEGRATION = [
	'test/integration/**/*.test.ts',
	'test/conformance/**/*.test.ts',
	'test/broker/{durability,goes,held,starving}.test.ts',
	'test/xml/pool.test.ts',
	'test/cli/{cli,clusters,negotiate,validate}.test.ts',
	'test/api/{lenient,offer-ids,price-terms,prices,soap-calls,soap-negotiation}.test.ts',
	'test/service/policy-webhook.test.ts',
	'test/{api,xml}/*hostile.test.ts',
	'test/broker/histories.test.ts',
	'test/jobs/{effects,renegotiation}.test.ts',
	'test/ground/boundaries.test.ts',
];

/**
 * Three projects: `unit` needs nothing but Node and is quick, `oracles` needs nothing else and takes its time, one file beside
 * another; `integration` is the rest, one file after the other.
 */
export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					setupFiles: ['test/seed.ts'],
					include: ['test/**/*.test.ts'],
					exclude: [...ORACLES, ...INTEGRATION],
					testTimeout: 20_000,
					// The workers of a broker read the program anew each time that a test starts one: from here, in half the time.
					env: { NODE_COMPILE_CACHE: 'node_modules/.cache/computon' },
					// A module is loaded once, not once per file: a third of the CPU time. No unit test changes a module's state.
					isolate: false,
				},
			},
			{
				test: {
					name: 'oracles',
					setupFiles: ['test/seed.ts'],
					include: ORACLES,
					testTimeout: 180_000,
					hookTimeout: 180_000,
				},
			},
			{
				test: {
					name: 'integration',
					setupFiles: ['test/seed.ts'],
					include: INTEGRATION,
					testTimeout: 180_000,
					hookTimeout: 180_000,
					// Files of tests share this machine's libvirt and its clock; those of a proof share nothing.
					fileParallelism: process.env.PROOF_QUESTIONS !== undefined,
				},
			},
		],
	},
});
