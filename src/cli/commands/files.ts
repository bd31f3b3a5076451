/** Commands that work on files alone: no broker is asked. */
import { Option } from 'commander';
import type { ImportSettings } from '../../agreement/lenient/dialects.ts';
import { BOUNDS } from '../../agreement/lenient/mend-content.ts';
import { expandFile } from '../expand.ts';
import { addValue, importFile } from '../import.ts';
import { UsageError } from '../outcome.ts';
import { validateFiles } from '../validate.ts';
import type { CommandLine } from './command-line.ts';

export function addFiles({ program, output, does }: CommandLine): void {
	program
		.command('validate <files...>')
		.description(
			'check documents against the schemas and the language, without a broker; - is standard input; one JSON line per file with --json',
		)
		.option('--strict', 'valid is what the schemas say (the default)')
		.option('--lenient', 'repair what can mean one thing only, and say what was repaired')
		.addHelpText('after', exitHelp('all are valid', 'one is not'))
		.action((files: string[], options: { strict?: boolean; lenient?: boolean }) =>
			does(async () => {
				if (options.strict === true && options.lenient === true) throw new UsageError('Give --strict or --lenient.');
				return validateFiles(output, files, options.lenient === true ? 'lenient' : 'strict');
			}),
		);
	program
		.command('import <file>')
		.description(
			'make a template or an offer of WSAG4J, or of the older draft of WS-Agreement, one of ours, without a broker; what was done is told on stderr',
		)
		.option('-o, --out <file>', 'write the document there instead of to standard output')
		.option('--set <name=value>', 'the value of a placeholder such as $NAME; may be given several times', addValue)
		.addOption(
			new Option('--time-unit <unit>', 'of every integer Duration, which the document itself does not state').choices([
				'seconds',
				'minutes',
				'hours',
			]),
		)
		.addOption(
			new Option(
				'--bare-numbers <part>',
				'what a number is that stands by itself where JSDL has a range: just so much, no less, no more',
			).choices(BOUNDS),
		)
		.addHelpText('after', exitHelp('it was made', 'it cannot be, and why'))
		.action(
			(file: string, options: Omit<ImportSettings, 'values'> & { out?: string; set?: ImportSettings['values'] }) =>
				does(() => {
					const { set: values = new Map(), ...others } = options;
					return importFile(output, file, { values, ...others });
				}),
		);
	program
		.command('expand <file>')
		.description(
			'print the documents that an offer or a JobDefinition with parameter sweeps stands for, without a broker; one JSON line per document with --json',
		)
		.option('--count', 'only say how many there are')
		.option('--lenient', 'repair what can mean one thing only, and say what was repaired')
		.addHelpText('after', exitHelp('they were printed', 'they cannot be, and why'))
		.action((file: string, options: { count?: boolean; lenient?: boolean }) =>
			does(() =>
				expandFile(output, file, {
					count: options.count === true,
					mode: options.lenient === true ? 'lenient' : 'strict',
				}),
			),
		);
}

function exitHelp(done: string, not: string): string {
	return `\nExit 0: ${done}; 1: ${not}; 2: a file cannot be read, or the command is not used so.`;
}
