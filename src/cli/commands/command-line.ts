/** What every command is made with, and the values that several of them take. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ComputonClient } from '../../client/client.ts';
import { type ExitCode, UsageError } from '../outcome.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../terminal.ts';

/** The program to which a command is added, and what it needs to do its work. */
export interface CommandLine {
	readonly program: Command;
	readonly output: Output;
	/** A client of the broker that the options name. */
	readonly client: () => Promise<ComputonClient>;
	/** Does the work, and ends the program with its exit code. */
	readonly does: (work: () => Promise<ExitCode>) => Promise<void>;
	/** Where a person can be asked, unless standard input is this file. */
	readonly terminalFor: (file: string) => Terminal | undefined;
}

/** Of every command that sends a document. */
export const LENIENT = 'have the document repaired where only one thing can be meant, and say what was repaired';

/** How long a command waits unless it is told. */
export const WAIT_SECONDS = 300;

/** The value of an option. Throws InvalidArgumentError. */
export function wholeNumber(text: string): number {
	if (/^\d{1,9}$/.test(text)) return Number(text);
	throw new InvalidArgumentError(`${text} is not a whole number.`);
}

/** The time of an option as it was given. Throws UsageError where it is none, or has no zone. */
export function instantOption(flag: string, text: string | undefined): string | undefined {
	const shape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
	if (text === undefined || (shape.test(text) && !Number.isNaN(Date.parse(text)))) return text;
	throw new UsageError(`${flag} ${text}: give an RFC 3339 time with a zone, for example 2026-12-01T08:00:00Z.`);
}

/** Throws UsageError. */
export function machineIndex(text = '0'): number {
	if (/^\d{1,6}$/.test(text)) return Number(text);
	throw new UsageError(`${text} is not the index of a machine; they are counted from 0.`);
}
