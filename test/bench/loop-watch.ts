/** Imported into a broker that is measured: tells over IPC for how long its main thread was held at most. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Since the last time that it was asked. */
export interface LoopWatch {
	/** The longest time for which nothing else could be done, in milliseconds; exact to one. */
	readonly heldMs: number;
	/** Resident memory of the whole process, workers included; the most that it has ever been. */
	readonly peakBytes: number;
}

if (isMainThread && process.send !== undefined) {
	const delay = monitorEventLoopDelay({ resolution: 1 });
	delay.enable();
	process.on('message', () => {
		// The resolution is part of every value.
		const watch: LoopWatch = { heldMs: delay.max / 1e6 - 1, peakBytes: process.resourceUsage().maxRSS * 1024 };
		delay.reset();
		process.send!(watch);
	});
	// The channel alone is no reason to live.
	process.channel?.unref();
}
