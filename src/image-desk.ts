/** Images, between the door that takes them and the store that keeps them. */
import type { Administration, ImageFiles } from './api/catalogue.ts';
import { ImageChanges } from './workspace/images/image-changes.ts';
import type { ImageStore } from './workspace/images/images.ts';

/** The image store as the door needs it. */
export function imageDesk(images: ImageStore, now: () => number): Administration['images'] {
	const changes = new ImageChanges(images);
	return {
		async add(name, files, enter) {
			const source = imageSource(files);
			if (source === undefined) return { refused: 'Give either disk, or kernel and initramfs.' };
			const outcome = await changes.add(
				(store) => store.add(source, name, now(), files.digest),
				({ digest, kind, diskBytes }) => enter({ digest, kind, diskBytes }),
			);
			return outcome.kind === 'refused' ? { refused: refusalText(outcome.refusal) } : { entered: outcome.value };
		},
		remove: (digest, leave) => changes.remove(digest, leave, ({ kind }) => kind === 'removed'),
	};
}

function imageSource({
	disk,
	kernel,
	initramfs,
	commandLine = '',
}: ImageFiles): Parameters<ImageStore['add']>[0] | undefined {
	if (disk !== undefined)
		return kernel === undefined && initramfs === undefined ? { kind: 'disk', path: disk } : undefined;
	if (kernel === undefined || initramfs === undefined) return undefined;
	return { kind: 'kernel', kernelPath: kernel, initramfsPath: initramfs, commandLine };
}

function refusalText({ message, found, allowed }: { message: string; found?: string; allowed?: string }): string {
	return [
		message,
		...(found === undefined ? [] : [`Found: ${found}.`]),
		...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
	].join(' ');
}
