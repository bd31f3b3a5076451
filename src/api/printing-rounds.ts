/** Rounds of the loop, for all answers together: many who ask at once must not each have a piece of one round. */

/** After so much others are served: to print 64 KB takes half a millisecond. What is shorter is sent as a whole. */
export const ROUND_CHARACTERS_MAX = 64 << 10;

/** In this round. */
let printed = 0;
let isScheduled = false;
const waiting: (() => void)[] = [];

/** So much was printed just now. */
export function notePrinted(characters: number): void {
	printed += characters;
	scheduleRound();
}

/** A document of so much was read to be printed, which takes several times as long as to print it. */
export function noteRead(characters: number): void {
	notePrinted(characters * READ_TO_PRINT);
}

/** An offer of 8 KB is read in 125 us and printed in 13. */
const READ_TO_PRINT = 8;

/** Whether others are to be served before anything more is printed. */
export function isRoundSpent(): boolean {
	return printed >= ROUND_CHARACTERS_MAX;
}

/** A round in which nobody else has printed. */
export function ownRound(): Promise<void> {
	return new Promise((resolve) => {
		waiting.push(resolve);
		scheduleRound();
	});
}

function scheduleRound(): void {
	if (isScheduled) return;
	isScheduled = true;
	setImmediate(() => {
		isScheduled = false;
		printed = 0;
		const next = waiting.shift();
		if (next === undefined) return;
		scheduleRound();
		next();
	});
}
