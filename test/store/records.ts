import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exactly } from '../../src/agreement/jsdl/range.ts';
import type { WorkspaceTerm } from '../../src/agreement/terms/service.ts';
import type { Placement } from '../../src/capacity/resources.ts';
import type { AgreementRecord } from '../../src/store/records.ts';
import { Store } from '../../src/store/store.ts';
import { preparedFolder } from './folder.ts';

export const SITE = 'garching';

/** A data folder that is gone when the test is. */
export function dataFolder(): { readonly path: string; [Symbol.dispose](): void } {
	const path = mkdtempSync(join(tmpdir(), 'computon-store-'));
	return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A store with one site in a folder of its own. */
export function openStore(): Store & Disposable {
	const folder = preparedFolder('computon-store-');
	const store = new Store(folder);
	store.openSite(SITE);
	return Object.assign(store, {
		[Symbol.dispose]: () => {
			store.close();
			rmSync(folder, { recursive: true, force: true });
		},
	});
}

const WORKSPACE: WorkspaceTerm = {
	imageName: 'debian',
	imageDigest: `sha256:${'a'.repeat(64)}`,
	cpuSharePercent: 50,
	endAction: 'destroy',
	retentionSeconds: 0,
};

export const PLACEMENT: Placement = {
	startAt: 1000,
	usage: [
		{
			offsetSeconds: 0,
			durationSeconds: 3630,
			demand: { cpuMillicores: 500, memoryBytes: 2 ** 30, diskBytes: 0, networkBitsPerSecond: 0 },
		},
	],
	machines: [{ host: 'n1', count: 1 }],
};

/** An agreement with everything in it that JSON could lose. */
export function agreement(id: string, changes: Partial<AgreementRecord> = {}): AgreementRecord {
	return {
		id,
		site: SITE,
		workspaceId: `workspace of ${id}`,
		revision: 1,
		party: 'alice',
		vo: 'atlas',
		template: { name: 'machine', id: '1' },
		state: 'Observed',
		serviceState: 'NotReady',
		offerXml: '<offer>ü &#38; \u2028</offer>',
		offerBytes: 27,
		request: {
			serviceName: 'S',
			cpuCount: { range: exactly(2), path: '/a' },
			memoryBytes: {
				range: {
					intervals: [
						{ lower: Number.NEGATIVE_INFINITY, lowerOpen: true, upper: Number.POSITIVE_INFINITY, upperOpen: true },
					],
				},
				path: '/b',
			},
			candidateHosts: ['INF', 'n1'],
			window: { durationSeconds: 3600 },
			windowPath: '/c',
			workspace: WORKSPACE,
			workspacePath: '/d',
			prefersLargest: false,
			unsupported: [],
			remarks: [],
		},
		grant: {
			machineCount: 1,
			cpuCount: 1,
			memoryBytes: 2 ** 30,
			diskBytes: 0,
			networkBitsPerSecond: 0,
			startAt: 1000,
			endAt: 4600,
			workspace: WORKSPACE,
		},
		placement: PLACEMENT,
		effects: [{ kind: 'live', machines: 1, message: 'Nothing stops.' }],
		failedHosts: [],
		createdAt: 900,
		updatedAt: 900,
		version: 1,
		headHash: 'f'.repeat(64),
		...changes,
	};
}
