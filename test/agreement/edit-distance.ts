/** How many characters have to be added, removed and replaced, by the whole table (Levenshtein). */
export function editDistance(one: string, other: string): number {
	const facing = [...other];
	let row = Array.from({ length: facing.length + 1 }, (_, at) => at);
	for (const [index, character] of [...one].entries()) {
		const next = [index + 1];
		for (const [at, each] of facing.entries()) {
			next.push(Math.min(next[at]! + 1, row[at + 1]! + 1, row[at]! + Number(character !== each)));
		}
		row = next;
	}
	return row.at(-1)!;
}
