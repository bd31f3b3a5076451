/**
 * The different amounts that steps have, each kept once under a number. Machines come in few sizes, so the hundred
 * thousands of steps of a calendar have a few dozen different amounts: a step is its instant and a number, four bytes
 * and not forty, and what is booked far ahead is nearer to the caches. Where machines of all sizes come, no two alike, it
 * costs as much memory as if the amounts lay in the steps.
 */
import { RESOURCE_NAMES } from '../resources.ts';

export const AMOUNTS = RESOURCE_NAMES.length;
const NONE = -1;
const ROOM_AT_FIRST = 16;

/** A class for its lifecycle: amounts come with the first step that has them and go with the last. */
export class AmountTable {
	/** Four amounts for every number. */
	values = new Float64Array(ROOM_AT_FIRST * AMOUNTS);
	/** What `digestOf` gave for them. */
	digests = new Uint16Array(ROOM_AT_FIRST);
	private readonly digestOf: (values: Float64Array, base: number) => number;
	/** How many steps have them. */
	private uses = new Int32Array(ROOM_AT_FIRST);
	/** By hash the first number; by number the next one of that hash, or the next one that is unused. */
	private heads = new Int32Array(ROOM_AT_FIRST).fill(NONE);
	private links = new Int32Array(ROOM_AT_FIRST);
	private unused = NONE;
	/** Numbers below were given out at some time. */
	private length = 0;

	/** `digestOf` is asked once for all amounts that come: four, from `base` on. */
	constructor(digestOf: (values: Float64Array, base: number) => number = () => 0) {
		this.digestOf = digestOf;
	}

	/** The number of what is left of other amounts, four from `from` on, less four; one more step has it. */
	numberOf(values: Float64Array, from: number, less: Float64Array): number {
		const cpu = values[from]! - less[0]!;
		const memory = values[from + 1]! - less[1]!;
		const disk = values[from + 2]! - less[2]!;
		const network = values[from + 3]! - less[3]!;
		const hash = hashOf(cpu, memory, disk, network);
		let number = this.heads[hash & (this.heads.length - 1)]!;
		for (; number !== NONE; number = this.links[number]!) {
			const base = number * AMOUNTS;
			const known = this.values;
			if (known[base] !== cpu || known[base + 1] !== memory) continue;
			if (known[base + 2] !== disk || known[base + 3] !== network) continue;
			this.uses[number]!++;
			return number;
		}
		return this.add(hash, cpu, memory, disk, network);
	}

	/** One more step has the amounts of that number. */
	keep(number: number): void {
		this.uses[number]!++;
	}

	/** One step fewer has them. */
	drop(number: number): void {
		if (--this.uses[number]! === 0) this.remove(number);
	}

	private add(hash: number, cpu: number, memory: number, disk: number, network: number): number {
		if (this.unused === NONE && this.length === this.uses.length) this.grow();
		let number = this.unused;
		if (number === NONE) number = this.length++;
		else this.unused = this.links[number]!;
		const base = number * AMOUNTS;
		this.values[base] = cpu;
		this.values[base + 1] = memory;
		this.values[base + 2] = disk;
		this.values[base + 3] = network;
		this.digests[number] = this.digestOf(this.values, base);
		this.uses[number] = 1;
		this.enter(number, hash);
		return number;
	}

	private enter(number: number, hash: number): void {
		const head = hash & (this.heads.length - 1);
		this.links[number] = this.heads[head]!;
		this.heads[head] = number;
	}

	private remove(number: number): void {
		const head = this.hashAt(number) & (this.heads.length - 1);
		if (this.heads[head] === number) this.heads[head] = this.links[number]!;
		else {
			let before = this.heads[head]!;
			while (this.links[before] !== number) before = this.links[before]!;
			this.links[before] = this.links[number]!;
		}
		this.links[number] = this.unused;
		this.unused = number;
	}

	private hashAt(number: number): number {
		const base = number * AMOUNTS;
		return hashOf(this.values[base]!, this.values[base + 1]!, this.values[base + 2]!, this.values[base + 3]!);
	}

	/** Room for twice as many; there are none that are unused. */
	private grow(): void {
		const room = this.length * 2;
		this.values = larger(this.values, new Float64Array(room * AMOUNTS));
		this.digests = larger(this.digests, new Uint16Array(room));
		this.uses = larger(this.uses, new Int32Array(room));
		this.links = new Int32Array(room);
		this.heads = new Int32Array(room).fill(NONE);
		for (let number = 0; number < this.length; number++) this.enter(number, this.hashAt(number));
	}
}

function larger<A extends Float64Array | Int32Array | Uint16Array>(small: A, large: A): A {
	large.set(small);
	return large;
}

/** Amounts are whole numbers of up to 53 bits, often multiples of 2^30: their upper bits count as the lower ones do. */
function hashOf(cpu: number, memory: number, disk: number, network: number): number {
	let hash = Math.imul(cpu | 0, 0x9e3779b1);
	hash = Math.imul(hash ^ (memory | 0) ^ ((memory / 2 ** 20) | 0), 0x85ebca6b);
	hash = Math.imul(hash ^ (disk | 0) ^ ((disk / 2 ** 20) | 0), 0xc2b2ae35);
	hash = Math.imul(hash ^ (network | 0), 0x27d4eb2f);
	return hash ^ (hash >>> 15);
}
