/**
 * What the command line prints: data on stdout (a table for people, JSON for programs), everything else on stderr.
 * Display units exist here alone.
 */
import { once } from 'node:events';

export interface Output {
	readonly json: boolean;
	/** Whether somebody looks at stderr: what is only of interest while it lasts is left out elsewhere. */
	readonly terminal: boolean;
	/** Data for programs: one JSON value on a line, or for people the text. */
	data(value: unknown, text: () => string): void;
	/**
	 * Waits until stdout has taken what was printed: who prints much would fill the memory of this process. False:
	 * nobody reads it any more (`| head`), so there is no use in printing on.
	 */
	drained(): Promise<boolean>;
	/** A remark for people: on stderr, also with `--json`. */
	note(text: string): void;
	/** Progress of long work: one line that is rewritten on a terminal, a line per change elsewhere. */
	progress(text: string): void;
	/** Ends the line of progress. */
	settle(): void;
}

/** Prints there; a reader that goes away (EPIPE) is no failure. */
export function createOutput(json: boolean, stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
	let shown = '';
	let closed = false;
	stdout.on('error', (error: NodeJS.ErrnoException) => {
		// Whoever read it has seen enough.
		if (error.code !== 'EPIPE') throw error;
		closed = true;
	});
	const settle = () => {
		if (shown !== '' && stderr.isTTY) stderr.write('\n');
		shown = '';
	};
	return {
		json,
		terminal: stderr.isTTY === true,
		data(value, text) {
			settle();
			stdout.write(json ? `${JSON.stringify(value)}\n` : `${text()}\n`);
		},
		async drained() {
			try {
				if (stdout.writableNeedDrain && !closed) await once(stdout, 'drain');
			} catch (error) {
				if (!closed) throw error;
			}
			return !closed;
		},
		note(text) {
			settle();
			stderr.write(`${text}\n`);
		},
		progress(text) {
			if (text === shown) return;
			stderr.write(stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
			shown = text;
		},
		settle,
	};
}

/** A plain table; columns are as wide as their widest cell, nothing is cut. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
	const line = (cells: readonly string[]) =>
		cells
			.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
			.join('  ')
			.trimEnd();
	return [line(head), ...rows.map(line)].join('\n');
}

/** A row of a table: one line of cells, or several, and what stands in words below them. */
export interface TableRow {
	readonly lines: readonly (readonly string[])[];
	readonly below: readonly string[];
}

/**
 * The table where lines of so many columns hold its cells, else a block for each row: its first cell, then a line for each
 * other. What stands below a row is broken where the line ends.
 */
export function tableWithin(head: readonly string[], rows: readonly TableRow[], columns: number): string {
	const [title, ...lines] = table(
		head,
		rows.flatMap((row) => row.lines),
	).split('\n');
	const isWide = [title!, ...lines].some((line) => line.length > columns);
	const blocks = rows.map(({ lines: cells, below }) => {
		const own = lines.splice(0, cells.length);
		const words = below.flatMap((text) => brokenWithin(text, columns - INDENT.length));
		return [...(isWide ? blockOf(head, cells) : own), ...words.map((line) => INDENT + line)].join('\n');
	});
	return [...(isWide ? [] : [title]), ...blocks].join('\n');
}

const INDENT = '   ';

function blockOf(head: readonly string[], lines: readonly (readonly string[])[]): string[] {
	const cells = lines.flatMap((line) => line.flatMap((cell, nth) => (cell === '' ? [] : [{ cell, nth }])));
	return cells.map(({ cell, nth }) =>
		nth === 0 ? `${head[0]}${cell}` : `${INDENT}${head[nth]!.toLowerCase()}: ${cell}`,
	);
}

/** The words of a text in lines that are no longer, where no word is. */
function brokenWithin(text: string, columns: number): string[] {
	const lines: string[] = [];
	for (const word of text.split(' ')) {
		const last = lines.at(-1);
		if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
		else lines.push(word);
	}
	return lines;
}

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1.5 GiB`; exact where it is whole in a unit, else one decimal. */
export function bytes(amount: number): string {
	let value = amount;
	let unit = 0;
	while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
		value /= 1024;
		unit += 1;
	}
	return `${Number.isInteger(value) ? value : value.toFixed(1)} ${BINARY_UNITS[unit]}`;
}

/** `1d 2h`, `45m`, `10s`: the two largest units. */
export function duration(seconds: number): string {
	const units: readonly (readonly [number, string])[] = [
		[86_400, 'd'],
		[3_600, 'h'],
		[60, 'm'],
		[1, 's'],
	];
	const parts: string[] = [];
	let rest = Math.max(0, Math.round(seconds));
	for (const [size, name] of units) {
		const whole = Math.floor(rest / size);
		rest -= whole * size;
		if (whole > 0) parts.push(`${whole}${name}`);
	}
	return parts.slice(0, 2).join(' ') || '0s';
}

/** The seconds of a duration as people write it: `2h`, `1d 12h`, `90m`; undefined where it is none. */
export function secondsIn(text: string): number | undefined {
	const parts = [...text.matchAll(/(\d{1,6})\s*([smhd])\s*/g)];
	if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
	const sizes: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
	return parts.reduce((sum, [, count, unit]) => sum + Number(count) * sizes[unit!]!, 0);
}

/** `2026-11-22 10:00:05Z`: sorts, and reads the same everywhere. */
export function instant(rfc3339: string): string {
	return rfc3339.replace('T', ' ').replace(/\.\d+/, '');
}
