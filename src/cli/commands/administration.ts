/** Commands of those who look after a site: templates, images, maintenance, tokens, the calendar. */
import { Option } from 'commander';
import * as administration from '../administration.ts';
import { readDocumentFile } from '../documents.ts';
import { LINT_HELP, lintFiles } from '../template-lint.ts';
import { type CommandLine, instantOption, LENIENT } from './command-line.ts';

export function addAdministration(line: CommandLine): void {
	addTemplates(line);
	addImages(line);
	addMaintenance(line);
	addTokens(line);
	addCalendar(line);
}

function addTemplates({ program, output, client, does }: CommandLine): void {
	const template = program.command('template').description('the templates from which offers are made');
	template
		.command('list')
		.description('what is published')
		.action(() => does(async () => administration.listTemplates(output, await client())));
	template
		.command('show <name/id>')
		.description('one template, as XML')
		.action((reference: string) => does(async () => administration.showTemplate(output, await client(), reference)));
	template
		.command('lint <files...>')
		.description('what is wrong with templates before anybody makes an offer for them; no broker needed')
		.addHelpText('after', LINT_HELP)
		.action((files: string[]) => does(() => lintFiles(output, files)));
	template
		.command('publish <name/id> <file>')
		.description('publish a template (admin)')
		.option('--lenient', LENIENT)
		.action((reference: string, file: string, options: { lenient?: boolean }) =>
			does(async () => {
				const document = await readDocumentFile(file, options);
				return administration.publishTemplate(output, await client(), document, reference);
			}),
		);
	template
		.command('retire <name/id>')
		.description('take no more offers from it (admin)')
		.action((reference: string) => does(async () => administration.retireTemplate(output, await client(), reference)));
}

function addImages({ program, output, client, does }: CommandLine): void {
	const image = program.command('image').description('the images that machines boot from');
	image
		.command('list')
		.description('what can be booted')
		.action(() => does(async () => administration.listImages(output, await client())));
	image
		.command('add <name>')
		.description('add an image from files on the machine of the broker (admin)')
		.option('--disk <file>', 'a qcow2 disk')
		.option('--kernel <file>', 'a kernel, together with --initramfs')
		.option('--initramfs <file>', 'an initramfs, together with --kernel')
		.option('--command-line <text>', 'the kernel command line')
		.option('--digest <sha256:…>', 'refuse the image unless this is its digest')
		.action((name: string, options: Parameters<typeof administration.addImage>[3]) =>
			does(async () => administration.addImage(output, await client(), name, options)),
		);
	image
		.command('remove <digest>')
		.description('remove an image that no agreement needs (admin)')
		.action((digest: string) => does(async () => administration.removeImage(output, await client(), digest)));
}

function addMaintenance({ program, output, client, does }: CommandLine): void {
	const maintenance = program.command('maintenance').description('when hosts are closed');
	maintenance
		.command('list')
		.description('what is planned and not over')
		.action(() => does(async () => administration.listMaintenance(output, await client())));
	maintenance
		.command('add <host>')
		.description('close a host for a while: nothing new is placed there, what is agreed stays and is named (admin)')
		.requiredOption('--from <time>', 'RFC 3339, with a zone')
		.requiredOption('--to <time>', 'RFC 3339, with a zone')
		.option('--reason <text>', 'for people')
		.action((host: string, options: Parameters<typeof administration.addMaintenance>[3]) =>
			does(async () => administration.addMaintenance(output, await client(), host, options)),
		);
	maintenance
		.command('remove <id>')
		.description('open the host again (admin)')
		.action((id: string) => does(async () => administration.removeMaintenance(output, await client(), id)));
}

function addTokens({ program, output, client, does }: CommandLine): void {
	const token = program.command('token').description('who may speak to the broker (admin)');
	token
		.command('list')
		.description('all tokens, without their secrets')
		.action(() => does(async () => administration.listTokens(output, await client())));
	token
		.command('add')
		.description('make a token; it is printed once')
		.requiredOption('--party <name>', 'who it is')
		.requiredOption('--vo <name>', 'the virtual organisation')
		.addOption(new Option('--role <role>', 'what it may do').choices(['client', 'broker', 'admin']).default('client'))
		.option('--label <text>', 'a remark')
		.action((options: Parameters<typeof administration.addToken>[2]) =>
			does(async () => administration.addToken(output, await client(), options)),
		);
	token
		.command('revoke <id>')
		.description('end a token')
		.action((id: string) => does(async () => administration.revokeToken(output, await client(), id)));
}

function addCalendar({ program, output, client, does }: CommandLine): void {
	program
		.command('calendar')
		.description('free capacity per host over time')
		.option('--from <time>', 'RFC 3339, default now')
		.option('--to <time>', 'RFC 3339, default a week later')
		.action((options: { from?: string; to?: string }) =>
			does(async () => {
				const from = instantOption('--from', options.from) ?? new Date().toISOString();
				const weekLater = () => new Date(Date.parse(from) + 7 * 86_400_000).toISOString();
				const to = instantOption('--to', options.to) ?? weekLater();
				return administration.showCalendar(output, await client(), { from, to });
			}),
		);
}
