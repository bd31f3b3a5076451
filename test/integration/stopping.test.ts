/** A broker that is told to stop ends as it should, however soon it is told. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** What it says, and how it ends, told to stop with the first that it says there. */
async function stopAt(stream: 'stdout' | 'stderr', signal: 'SIGINT' | 'SIGTERM') {
	const folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
	const child = spawn(process.execPath, [MAIN, 'serve', '--site', 'simulated', '--port', '0', '--data', folder], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const said = { stdout: '', stderr: '' };
	for (const each of ['stdout', 'stderr'] as const) {
		child[each].setEncoding('utf8').on('data', (text: string) => {
			if (each === stream && said[each] === '') child.kill(signal);
			said[each] += text;
		});
	}
	try {
		const [code, killed] = (await once(child, 'close', { signal: AbortSignal.timeout(60_000) })) as [number, string];
		return { ...said, code, killed };
	} finally {
		child.kill('SIGKILL');
		rmSync(folder, { recursive: true, force: true });
	}
}

test.each([
	['SIGTERM', 'stderr'],
	['SIGINT', 'stderr'],
	['SIGTERM', 'stdout'],
] as const)('%s: told with the first line of its %s', async (signal, stream) => {
	const { code, killed, stdout, stderr } = await stopAt(stream, signal);
	expect({ code, killed }, stderr).toEqual({ code: 0, killed: null });
	expect(stdout).toMatch(/^Listening at http/);
	expect(stderr).toMatch(/^Stopping: /m);
});
