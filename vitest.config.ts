import { defineConfig } from 'vitest/config';

/** What needs more than a moment and nothing but the pure rooms: answers held against all that could be had. */
const ORACLES = [
	'test/**/proof.test.ts',
	'test/capacity/histories.test.ts',
	'test/agreement/{lint-*-oracle,lint-conditions,lint-findings,lint-forms,lint-range-parts,lint-relations,lint-undecided,mend-properties,nearest-*}.test.ts',
	'test/negotiation/{anywhere,cluster-front,clusters,coupled,documents,front,large-site,optional,optional-far,price,properties,ranking,refusals,remedies,required,templates}.test.ts',
];

/**
 * What measures this machine, and so has it for itself: the processors that a guest gets, deadlines and answers within
 * seconds, and the memory of a process.
 */
const ALONE = [
	'test/integration/{guest,libvirt-test-driver,validate-memory,workspace-limits}.test.ts',
	'test/{api,xml}/*hostile.test.ts',
	'test/xml/pool.test.ts',
];

/**
 * What needs more than Node or many of its processes, or takes its time: real guests, brokers that are killed, 20,000
 * documents, random histories, a linter that is started; long talks with a broker over HTTP and at the command line.
 */
const INTEGRATION = [
	'test/integration/**/*.test.ts',
	'test/conformance/**/*.test.ts',
	'test/broker/{durability,goes,held,histories,starving}.test.ts',
	'test/cli/{cli,clusters,negotiate,validate}.test.ts',
	'test/api/{lenient,offer-ids,price-terms,prices,soap-calls,soap-negotiation}.test.ts',
	'test/service/policy-webhook.test.ts',
	'test/jobs/{effects,renegotiation}.test.ts',
	'test/ground/boundaries.test.ts',
];

/** Brokers and their workers read the program anew each time that a test starts one: from here, in half the time. */
const env = { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/computon/compiled` };

/**
 * Four projects: `unit` needs nothing but Node and is quick, `oracles` needs nothing else and takes its time; `integration` is
 * the rest, one file beside another as well, but for what is `alone`, one file after the other. Files share libvirt and the
 * machine, and nothing else: each has ports, folders and domains of its own, and waits for what it brought about, not for a
 * time.
 */
export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					setupFiles: ['test/seed.ts'],
					include: ['test/**/*.test.ts'],
					exclude: [...ORACLES, ...INTEGRATION, ...ALONE],
					testTimeout: 20_000,
					env,
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
					exclude: ALONE,
					testTimeout: 180_000,
					hookTimeout: 180_000,
					env,
				},
			},
			{
				test: {
					name: 'alone',
					setupFiles: ['test/seed.ts'],
					include: ALONE,
					testTimeout: 180_000,
					hookTimeout: 180_000,
					fileParallelism: false,
					env,
				},
			},
		],
	},
});
