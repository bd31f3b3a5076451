import { defineConfig } from 'vitest/config';

/** Two projects: `unit` needs nothing but Node; `integration` drives real libvirt, guests, processes and sockets. */
export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					include: ['test/**/*.test.ts'],
					exclude: ['test/integration/**'],
					testTimeout: 20_000,
					// A module is loaded once, not once per file: a third of the CPU time. No unit test changes a module's state.
					isolate: false,
				},
			},
			{
				test: {
					name: 'integration',
					include: ['test/integration/**/*.test.ts'],
					testTimeout: 180_000,
					hookTimeout: 180_000,
					fileParallelism: false,
				},
			},
		],
	},
});
