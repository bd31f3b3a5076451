/** Patterns of the numerals of whole numbers that lie between two. */

/** Matches the numerals of that many digits from the one to the other, neither of which has more: `(0[89]|1[0-2])`. */
export function digitsBetween(from: number, to: number, digits: number): string {
	return between(String(from).padStart(digits, '0'), String(to).padStart(digits, '0'));
}

/** Those without leading zeros, one pattern for each number of digits; the greatest may be infinite. */
export function numeralsBetween(from: number, to: number): readonly string[] {
	const patterns: string[] = [];
	const isEndless = to === Number.POSITIVE_INFINITY;
	const most = String(isEndless ? from : to).length;
	for (let digits = String(from).length; digits <= most; digits += 1) {
		const least = Math.max(from, digits === 1 ? 0 : 10 ** (digits - 1));
		patterns.push(digitsBetween(least, Math.min(to, 10 ** digits - 1), digits));
	}
	return isEndless ? [...patterns, `[1-9][0-9]{${most},}`] : patterns;
}

/** Numerals of as many digits each. */
function between(from: string, to: string): string {
	if (from === to) return from;
	const [low, high] = [Number(from[0]), Number(to[0])];
	const [lowest, highest] = [from.slice(1), to.slice(1)];
	if (low === high) return `${low}${between(lowest, highest)}`;
	const [zeros, nines] = ['0'.repeat(lowest.length), '9'.repeat(lowest.length)];
	const first = lowest === zeros ? low : low + 1;
	const last = highest === nines ? high : high - 1;
	const ways = [
		...(first === low ? [] : [`${low}${between(lowest, nines)}`]),
		...(first > last ? [] : [`${first === last ? first : `[${first}-${last}]`}${'[0-9]'.repeat(lowest.length)}`]),
		...(last === high ? [] : [`${high}${between(zeros, highest)}`]),
	];
	return ways.length === 1 ? ways[0]! : `(${ways.join('|')})`;
}
