/**
 * Milliseconds of CPU that this thread has used. For tests that something which could take for ever does not: other than
 * the clock it does not go on while others have the machine.
 */
export function cpuMs(): number {
	const { user, system } = process.threadCpuUsage();
	return (user + system) / 1000;
}
