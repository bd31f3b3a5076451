/** How a world of these tests ends. */
import { expect } from 'vitest';
import { SITE } from './hosts.ts';
import type { World } from './site.ts';

/** What every test leaves behind: no fault was told of, and the history is whole (H10). The world is gone then. */
export function closeWorld(world: World): void {
	try {
		expect(world.faults).toEqual([]);
		expect(world.store.history.verify(SITE).kind).toBe('intact');
	} finally {
		world[Symbol.dispose]();
	}
}
