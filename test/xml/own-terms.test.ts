/** The schema of our own terms: what a Window, a Workspace and a DurationUnit may say. */
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function faults(content: string): readonly string[] {
	const text = content.replace(/^<(\w+)/, '<$1 xmlns="urn:computon:workspace:1"');
	const reading = readDocument(Buffer.from(text));
	return reading.ok ? [] : reading.issues.map(({ path }) => path);
}

describe('a Window', () => {
	test.each([
		['only a duration', '<Window><Duration>PT1H</Duration></Window>'],
		[
			'start, end and duration',
			'<Window><StartTime>2027-03-01T18:00:00Z</StartTime><EndTime>2027-03-02T06:00:00+01:00</EndTime><Duration>P1DT2H30M0.5S</Duration></Window>',
		],
		['an end alone', '<Window><EndTime>2027-03-02T06:00:00Z</EndTime><Duration>PT6H</Duration></Window>'],
	])('may have %s', (_, content) => {
		expect(faults(content)).toEqual([]);
	});

	test.each([
		['no duration', '<Window><StartTime>2027-03-01T18:00:00Z</StartTime></Window>', '/Window'],
		['a bare number of seconds', '<Window><Duration>3600</Duration></Window>', '/Window/Duration'],
		[
			'the duration first',
			'<Window><Duration>PT1H</Duration><StartTime>2027-03-01T18:00:00Z</StartTime></Window>',
			'/Window/StartTime',
		],
		[
			'a date without a time',
			'<Window><StartTime>2027-03-01</StartTime><Duration>PT1H</Duration></Window>',
			'/Window/StartTime',
		],
		[
			'the 30th of February',
			'<Window><StartTime>2027-02-30T00:00:00Z</StartTime><Duration>PT1H</Duration></Window>',
			'/Window/StartTime',
		],
		['an attribute', '<Window unit="s"><Duration>PT1H</Duration></Window>', '/Window/@unit'],
		['anything else', '<Window><Duration>PT1H</Duration><Grace>PT1M</Grace></Window>', '/Window/Grace'],
		['text', '<Window>soon<Duration>PT1H</Duration></Window>', '/Window'],
	])('may not have %s', (_, content, path) => {
		expect(faults(content)).toContain(path);
	});
});

describe('a Workspace', () => {
	const image = `<Image digest="${DIGEST}">debian-12</Image>`;

	test.each([
		['only an image', `<Workspace>${image}</Workspace>`],
		[
			'a key, a CPU share and an end action with its retention',
			`<Workspace>${image}<SSHPublicKey>ssh-ed25519 AAAA a@b</SSHPublicKey><CPUShare>80</CPUShare><EndAction retention="PT12H">save</EndAction></Workspace>`,
		],
		...['pause', 'save', 'shutdown', 'destroy'].map((action) => [
			`the end action ${action}`,
			`<Workspace>${image}<EndAction>${action}</EndAction></Workspace>`,
		]),
		...['1', '100'].map((share) => [
			`a CPU share of ${share}`,
			`<Workspace>${image}<CPUShare>${share}</CPUShare></Workspace>`,
		]),
		[
			'a placement',
			`<Workspace>${image}<Placement strategy="spread" machinesPerHostMax="2"><Label name="zone">a</Label></Placement></Workspace>`,
		],
		['a placement that says nothing', `<Workspace>${image}<Placement/></Workspace>`],
	])('may have %s', (_, content) => {
		expect(faults(content!)).toEqual([]);
	});

	test.each([
		['no image', '<Workspace/>', '/Workspace'],
		['an image without a digest', '<Workspace><Image>debian-12</Image></Workspace>', '/Workspace/Image'],
		['an image without a name', `<Workspace><Image digest="${DIGEST}"/></Workspace>`, '/Workspace/Image'],
		[
			'a digest of another kind',
			`<Workspace><Image digest="md5:${'0'.repeat(32)}">d</Image></Workspace>`,
			'/Workspace/Image/@digest',
		],
		[
			'a digest in capitals',
			`<Workspace><Image digest="${DIGEST.toUpperCase()}">d</Image></Workspace>`,
			'/Workspace/Image/@digest',
		],
		[
			'a digest that is too long',
			`<Workspace><Image digest="${DIGEST}0">d</Image></Workspace>`,
			'/Workspace/Image/@digest',
		],
		[
			'a placement of another strategy',
			`<Workspace>${image}<Placement strategy="stack"/></Workspace>`,
			'/Workspace/Placement/@strategy',
		],
		[
			'a label without a name',
			`<Workspace>${image}<Placement><Label>a</Label></Placement></Workspace>`,
			'/Workspace/Placement/Label',
		],
		['two images', `<Workspace>${image}${image}</Workspace>`, '/Workspace/Image[2]'],
		...['0', '101', '-1', '50.5', '80%'].map((share) => [
			`a CPU share of ${share}`,
			`<Workspace>${image}<CPUShare>${share}</CPUShare></Workspace>`,
			'/Workspace/CPUShare',
		]),
		['the end action reboot', `<Workspace>${image}<EndAction>reboot</EndAction></Workspace>`, '/Workspace/EndAction'],
		[
			'a retention in hours',
			`<Workspace>${image}<EndAction retention="12">save</EndAction></Workspace>`,
			'/Workspace/EndAction/@retention',
		],
		['the CPU share before the image', `<Workspace><CPUShare>80</CPUShare>${image}</Workspace>`, '/Workspace/CPUShare'],
		['anything else', `<Workspace>${image}<x xmlns="urn:x"/></Workspace>`, '/Workspace/x'],
	])('may not have %s', (_, content, path) => {
		expect(faults(content!)).toContain(path);
	});
});

test('a DurationUnit is seconds, minutes or hours', () => {
	for (const unit of ['seconds', 'minutes', 'hours'])
		expect(faults(`<DurationUnit>${unit}</DurationUnit>`)).toEqual([]);
	for (const unit of ['s', 'days', ''])
		expect(faults(`<DurationUnit>${unit}</DurationUnit>`)).toEqual(['/DurationUnit']);
});

test('a Rationale tells of each field its value and why', () => {
	const because = '<Because field="cpuCount" service="head" value="2">The least that can be granted.</Because>';
	expect(faults(`<Rationale>${because}<Because field="host" value="a b">They suit.</Because></Rationale>`)).toEqual([]);
	expect(faults('<Rationale/>')).toEqual(['/Rationale']);
	expect(faults('<Rationale><Because value="2">No field.</Because></Rationale>')).toEqual(['/Rationale/Because']);
});
