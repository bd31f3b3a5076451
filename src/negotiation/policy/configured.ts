/** Reading members of the configuration that are objects: every fault is a sentence that names the member. */

/** An object with no other members than these; undefined, and an issue, where it is none. */
export function membersOf<Name extends string>(
	value: unknown,
	path: string,
	names: readonly Name[],
	issues: string[],
): { readonly [name in Name]?: unknown } | undefined {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		issues.push(wrong(path, value, `an object of ${names.join(', ')}`));
		return undefined;
	}
	for (const name of Object.keys(value)) {
		if (!(names as readonly string[]).includes(name)) {
			issues.push(wrong(`${path}.${name}`, name, `members: ${names.join(', ')}`));
		}
	}
	return value as { readonly [name in Name]?: unknown };
}

/** A list with at most so many entries; empty, and an issue, where it is none. */
export function listOf(value: unknown, path: string, most: number, issues: string[]): readonly unknown[] {
	if (Array.isArray(value) && value.length <= most) return value;
	issues.push(wrong(path, value, `a list of at most ${most}`));
	return [];
}

/** A whole number from `least` to `most`. */
export function whole(value: unknown, path: string, least: number, most: number, issues: string[]): number | undefined {
	if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
	issues.push(wrong(path, value, `a whole number from ${least} to ${most}`));
	return undefined;
}

/** The sentence about one member: what was found, what is allowed. */
export function wrong(path: string, found: unknown, allowed: string): string {
	return `${path} is ${JSON.stringify(found) ?? 'absent'}; allowed: ${allowed}.`;
}
