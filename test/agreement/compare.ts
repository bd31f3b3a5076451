/** The comparisons of free constraints, of numbers, by hand. */
export const COMPARE: Readonly<Record<string, (one: number, other: number) => boolean>> = {
	'=': (one, other) => one === other,
	'!=': (one, other) => one !== other,
	'<': (one, other) => one < other,
	'<=': (one, other) => one <= other,
	'>': (one, other) => one > other,
	'>=': (one, other) => one >= other,
};
