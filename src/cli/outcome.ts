/** How a command ends: exit codes that scripts can match, and what is said of a failure. */

import type { Issue, Problem, Reason } from '../client/answers.ts';
import { ProblemError, UnreachableError } from '../client/transport.ts';
import type { Output } from './output.ts';

export const EXIT = {
	accepted: 0,
	failed: 1,
	usage: 2,
	countered: 10,
	refused: 11,
	timedOut: 12,
	unauthenticated: 20,
	forbidden: 21,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command that cannot go on for a reason that its user can mend. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** Says what went wrong and what to do next; returns the exit code. */
export function reportFailure(error: unknown, output: Output): ExitCode {
	if (error instanceof ProblemError) {
		output.note(problemText(error.problem));
		if (output.json) output.data(error.problem, () => '');
		if (error.problem.status === 401) {
			output.note(
				'Give a token with --token-file or COMPUTON_TOKEN; the broker wrote an admin token into its data folder.',
			);
			return EXIT.unauthenticated;
		}
		return error.problem.status === 403 ? EXIT.forbidden : EXIT.failed;
	}
	if (error instanceof UnreachableError) {
		output.note(`${error.message}\nIs the broker running? Start it with: computon serve`);
		return EXIT.failed;
	}
	if (error instanceof UsageError) {
		output.note(error.message);
		return EXIT.usage;
	}
	throw error;
}

/** A problem as lines for people: the title, then every issue or reason with its amounts. */
export function problemText(problem: Problem): string {
	const lines = [`${problem.title} (${problem.code})${problem.detail === undefined ? '' : `: ${problem.detail}`}`];
	for (const issue of problem.issues ?? []) {
		lines.push(`  ${issue.code} at ${whereText(issue)}: ${issue.message}`);
		const amounts = amountsOf(issue);
		if (amounts.length > 0) lines.push(`    ${amounts.join('; ')}`);
	}
	for (const reason of problem.reasons ?? []) lines.push(reasonText(reason));
	for (const remark of problem.remarks ?? []) lines.push(remarkText(remark));
	return lines.join('\n');
}

/** A remark in one line. */
export function remarkText(remark: Issue): string {
	const { code, message, found, used } = remark;
	const repaired = used === undefined ? '' : ` (found ${found}; used ${used})`;
	return `  remark ${code} at ${whereText(remark)}: ${message}${repaired}`;
}

function whereText({ line, path }: Issue): string {
	return line === undefined ? path : `line ${line}, ${path}`;
}

/** A diagnostic of a file in one line: how grave, what, where, and the amounts. */
export function diagnosticText(issue: Issue): string {
	const { severity, code, line, path, message } = issue;
	const amounts = amountsOf(issue);
	const more = amounts.length === 0 ? '' : ` (${amounts.join('; ')})`;
	return `  ${severity} ${code} ${line === undefined ? '' : `line ${line} `}${path}: ${message}${more}`;
}

function amountsOf({ found, used, allowed }: Issue): string[] {
	return [
		...(found === undefined ? [] : [`found ${found}`]),
		...(used === undefined ? [] : [`used ${used}`]),
		...(allowed === undefined ? [] : [`allowed: ${allowed}`]),
	];
}

/** A reason, with the branch that it is about; where in the document, and what would make it fit, in lines of their own. */
export function reasonText({ code, branch, serviceName, message, path, limit, remedy }: Reason): string {
	const about = branch === undefined ? '' : ` (with ${branch.join(', ')})`;
	const allowed = typeof limit === 'string' ? `; allowed: ${limit}` : '';
	const where = path === undefined ? '' : `\n    at ${path}${allowed}`;
	const fits = remedy === undefined ? '' : `\n    would fit: ${remedy.text}`;
	const service = serviceName === undefined ? '' : `${serviceName}: `;
	return `  ${code}${about}: ${service}${message}${where}${fits}`;
}
