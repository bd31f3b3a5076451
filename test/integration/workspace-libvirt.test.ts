/** The promises of a site, kept by real machines. */
import { describe } from 'vitest';
import { describeSite } from '../workspace/site-contract.ts';
import { openLibvirtBench, WITHOUT_LIBVIRT } from './workspace-bench.ts';

describe.skipIf(WITHOUT_LIBVIRT)('real machines', () => {
	describeSite('a site of libvirt keeps the promises of a site', openLibvirtBench);
});
