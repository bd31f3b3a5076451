import { defineConfig } from 'vitest/config';

/** What needs more than a second and a process: real libvirt and guests, brokers that are killed, 15,000 documents. */
const SLOW = ['test/integration/**/*.test.ts', 'test/conformance/**/*.test.ts', 'test/broker/durability.test.ts'];

/** Two projects: `unit` needs nothing but Node and is quick; `integration` is the rest. */
export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					include: ['test/**/*.test.ts'],
					exclude: SLOW,
					testTimeout: 20_000,
					// A module is loaded once, not once per file: a third of the CPU time. No unit test changes a module's state.
					isolate: false,
				},
			},
			{
				test: {
					name: 'integration',
					include: SLOW,
					testTimeout: 180_000,
					hookTimeout: 180_000,
					fileParallelism: false,
				},
			},
		],
	},
});
