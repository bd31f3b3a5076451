/**
 * The in-process runner: whoever commits something that is due nudges it, and a sweep finds whatever was missed. All
 * it knows it reads from the broker; that it is gone and started again costs a delay and nothing else.
 */
import type { Broker } from '../broker/broker.ts';
import type { LeasedErrand, MachineOrder, Observation } from '../broker/errands.ts';
import { OperatingError } from '../errors.ts';
import type { MachineIdentity, Site } from '../workspace/site.ts';
import { Turns } from '../workspace/turns.ts';
import { blockedBy, converge, isEnding, leaveHost, lookAgain, type Step, seen, stagesOf } from './convergence.ts';

export interface RunnerParts {
	readonly broker: Broker;
	readonly site: Site;
	readonly installationId: string;
	/** Told of failures, with what was being done; secrets never pass here. */
	readonly report: (what: string, error: unknown) => void;
}

/** Errands at a time: booting is mostly waiting for the hypervisor, whose connection takes four calls at a time. */
const ERRANDS_AT_A_TIME = 4;
/** Machines of one errand at a time. */
const MACHINES_AT_A_TIME = 4;
/** How long after something was due and missed it is found: the cost of a lost nudge. */
const SWEEP_MS = 2_000;
/** How often machines that run are looked at when nobody asks: what they consume is then at most this old. */
const LOOK_MS = 15_000;

export class Runner {
	readonly #parts: RunnerParts;
	readonly #underWay = new Set<Promise<void>>();
	/** Errands about one workspace follow one after another: a step of an older one must not come after one of a newer. */
	readonly #turns = new Turns();
	/** By workspace, the errand that was leased last: an older one has lost its lease and takes no further step. */
	readonly #latest = new Map<string, LeasedErrand>();
	/** Workspaces about which an errand ended while the present ones were being leased: these do not know what it did. */
	readonly #ended = new Set<string>();
	#timers: NodeJS.Timeout[] = [];
	#asked = false;
	#leasing = false;
	#looking = false;
	#stopped = false;

	constructor(parts: RunnerParts) {
		this.#parts = parts;
	}

	start(): void {
		const { broker, site } = this.#parts;
		// What is due later the sweep finds when its time has come.
		broker.errands.onNudge(({ dueAt }) => {
			if (dueAt <= broker.now()) this.nudge();
		});
		site.onChange((identity) => void this.#notice(identity));
		this.#timers = [setInterval(() => this.nudge(), SWEEP_MS), setInterval(() => void this.#lookAtAll(), LOOK_MS)];
		this.nudge();
	}

	/** Something may be due: never awaited, never lost while the process lives. */
	nudge(): void {
		this.#asked = true;
		void this.#takeErrands();
	}

	/** Takes nothing more and waits for what is under way. */
	async stop(): Promise<void> {
		this.#stopped = true;
		for (const timer of this.#timers) clearInterval(timer);
		await Promise.all(this.#underWay);
	}

	async #takeErrands(): Promise<void> {
		if (this.#leasing) return;
		this.#leasing = true;
		try {
			while (this.#asked && !this.#stopped && this.#underWay.size < ERRANDS_AT_A_TIME) {
				this.#asked = false;
				this.#ended.clear();
				const errands = await this.#parts.broker.errands.lease(ERRANDS_AT_A_TIME - this.#underWay.size);
				for (const errand of errands) this.#begin(errand);
				if (errands.length > 0) this.#asked = true;
			}
		} catch (error) {
			this.#fail('leasing errands', error);
		} finally {
			this.#leasing = false;
		}
	}

	#begin(errand: LeasedErrand): void {
		const work = this.#take(errand)
			.catch((error: unknown) => this.#fail(`errand of ${errand.agreementId}`, error))
			.finally(() => {
				this.#underWay.delete(work);
				this.nudge();
			});
		this.#underWay.add(work);
	}

	async #take(errand: LeasedErrand): Promise<void> {
		const workspaceId = errand.machines[0]?.workspaceId;
		if (workspaceId === undefined) return this.#run([], errand);
		this.#latest.set(workspaceId, errand);
		try {
			// What it says of where machines stand was written before an older errand, or an earlier attempt, moved them.
			const isStale = this.#turns.has(workspaceId) || this.#ended.has(workspaceId) || errand.attempts > 1;
			await this.#turns.take(workspaceId, async () => {
				const machines = isStale ? await lookAgain(this.#parts.site, errand.machines) : errand.machines;
				const there = machines.filter(({ gone, standing }) => gone !== true || standing !== undefined);
				await this.#run(there, errand);
			});
		} finally {
			this.#ended.add(workspaceId);
			if (this.#latest.get(workspaceId) === errand) this.#latest.delete(workspaceId);
		}
	}

	/** Whether a newer errand about the same machines was leased meanwhile. */
	#isOutdated(errand: LeasedErrand): boolean {
		const latest = this.#latest.get(errand.machines[0]?.workspaceId ?? '');
		return latest !== undefined && latest !== errand;
	}

	/**
	 * Every machine of the agreement is brought to where it shall be, stage by stage; what was seen is recorded also where
	 * one failed. Nothing is started on a host where something failed that had to make room first.
	 */
	async #run(machines: readonly MachineOrder[], errand: LeasedErrand): Promise<void> {
		const { broker, site } = this.#parts;
		const observations = new Map<MachineOrder, Observation>();
		const failures: FailedStep[] = [];
		const blocked = new Set<string>();
		let skipped = false;
		const take = async (step: Step): Promise<void> => {
			const { order, leaves } = step;
			if (this.#stopped) skipped = true;
			const failed = failures.some((failure) => failure.step.order === order);
			if (this.#stopped || failed || blocked.has(order.host) || this.#isOutdated(errand)) return;
			try {
				observations.set(order, await (leaves ? leaveHost(site, order) : converge(site, order)));
			} catch (error) {
				if (!(error instanceof OperatingError)) throw error;
				failures.push({ step, error });
			}
		};
		for (const stage of stagesOf(machines)) {
			await inParallel(stage, MACHINES_AT_A_TIME, take);
			for (const { step } of failures) {
				const host = blockedBy(step);
				if (host !== undefined) blocked.add(host);
			}
		}
		// Told to stop in the middle: the lease ends with this process, and the next one begins where this one ended.
		if (skipped) return;
		// What an outdated errand has left undone is the newer one's; that its lease was lost the broker knows.
		if (failures.length === 0 || this.#isOutdated(errand)) {
			await broker.errands.finish(errand, [...observations.values()]);
			return;
		}
		const told = worthTelling(failures);
		for (const { step, error } of told) {
			const { index, workspaceId, host } = step.order;
			this.#parts.report(`machine ${index} of ${workspaceId} on ${host}`, error);
		}
		const [{ step, error }] = told as [FailedStep, ...FailedStep[]];
		const message = told.map(
			(each) => `Machine ${each.step.order.index} on ${each.step.order.host}: ${each.error.message}`,
		);
		await broker.errands.fail(errand, [...observations.values()], {
			message: message.join(' '),
			host: step.order.host,
			forGood: !error.retryable,
			isOfEnding: isEnding(step.order),
		});
	}

	/** A machine changed by itself: what is then to be seen of it is recorded, and the broker draws the conclusions. */
	async #notice(identity: MachineIdentity): Promise<void> {
		if (this.#stopped || identity.installationId !== this.#parts.installationId) return;
		try {
			await this.#parts.broker.errands.record([seen(await this.#parts.site.observe(identity))]);
		} catch (error) {
			this.#fail(`looking at machine ${identity.index} of ${identity.workspaceId}`, error);
		}
	}

	async #lookAtAll(): Promise<void> {
		if (this.#looking || this.#stopped) return;
		this.#looking = true;
		try {
			const machines = await this.#parts.site.list(this.#parts.installationId);
			await this.#parts.broker.errands.record(machines.map((machine) => seen(machine)));
		} catch (error) {
			this.#fail('looking at the machines', error);
		} finally {
			this.#looking = false;
		}
	}

	#fail(what: string, error: unknown): void {
		if (this.#stopped) return;
		this.#parts.report(what, error);
		if (!(error instanceof OperatingError)) throw error;
	}
}

interface FailedStep {
	readonly step: Step;
	readonly error: OperatingError;
}

/**
 * The first failure of a machine that shall be there, which alone may end in giving its host up, and the first of one
 * that goes or is kept: whatever of the latter fails again and again does not hide the former.
 */
function worthTelling(failures: readonly FailedStep[]): readonly FailedStep[] {
	const of = (ending: boolean) => failures.find(({ step }) => isEnding(step.order) === ending);
	return [of(false), of(true)].filter((each) => each !== undefined);
}

/** Does the work for all items, so many at a time; rejects with the first failure after all have ended. */
export async function inParallel<T>(
	items: readonly T[],
	atATime: number,
	work: (item: T) => Promise<void>,
): Promise<void> {
	const left = [...items];
	const lanes = Array.from({ length: Math.min(atATime, left.length) }, async () => {
		for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
	});
	const results = await Promise.allSettled(lanes);
	const failed = results.find((result) => result.status === 'rejected');
	if (failed !== undefined) throw failed.reason;
}
