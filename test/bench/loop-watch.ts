/** Imported into a broker that is measured: tells over IPC for how long its main thread was held at most, and of its memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { cpuMs } from '../cpu-time.ts';

export interface LoopWatch {
	/** The longest time for which nothing else could be done since this was asked last, in milliseconds; exact to one. */
	readonly heldMs: number;
	/** The same in CPU time of the main thread, which other processes do not add to. */
	readonly heldCpuMs: number;
	/** Resident memory of the whole process, workers included; the most that it has ever been. */
	readonly peakBytes: number;
	/** The most that it has been since this was asked last. */
	readonly lastPeakBytes: number;
}

/** The CPU time that the rounds of the loop take; where there is nothing to be done it waits as ever. */
class Rounds {
	#longestMs = 0;
	#before = 0;
	#isGoing = false;

	begin(): void {
		this.#longestMs = 0;
		this.#before = cpuMs();
		if (!this.#isGoing) setImmediate(this.#next).unref();
		this.#isGoing = true;
	}

	/** And ends it, until it is begun again. */
	longestMs(): number {
		this.#isGoing = false;
		return this.#longestMs;
	}

	readonly #next = (): void => {
		const now = cpuMs();
		this.#longestMs = Math.max(this.#longestMs, now - this.#before);
		this.#before = now;
		if (this.#isGoing) setImmediate(this.#next).unref();
	};
}

if (isMainThread && process.send !== undefined) {
	const delay = monitorEventLoopDelay({ resolution: 1 });
	delay.enable();
	let peakBytes = 0;
	const rounds = new Rounds();
	process.on('message', () => {
		const lastPeakBytes = takePeak();
		peakBytes = Math.max(peakBytes, lastPeakBytes);
		// The resolution is part of every value.
		const watch: LoopWatch = { heldMs: delay.max / 1e6 - 1, heldCpuMs: rounds.longestMs(), peakBytes, lastPeakBytes };
		delay.reset();
		rounds.begin();
		process.send!(watch);
	});
	// The channel alone is no reason to live.
	process.channel?.unref();
}

/** What the kernel has seen at most, which it forgets then: proc_pid_status(5), proc_pid_clear_refs(5). */
function takePeak(): number {
	const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
	writeFileSync('/proc/self/clear_refs', '5');
	return Number(kibibytes) * 1024;
}
