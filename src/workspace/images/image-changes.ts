/**
 * Images are added and removed together with what a catalogue says of them: while one of a digest is entered or taken
 * out, no other change of that digest comes in between. So what is in the catalogue is in the store.
 */

import { Turns } from '../turns.ts';
import type { AddOutcome, ImageStore, StoredImage } from './images.ts';

export class ImageChanges {
	readonly #images: ImageStore;
	readonly #turns = new Turns();

	constructor(images: ImageStore) {
		this.#images = images;
	}

	/** Adds an image and enters it in the catalogue. Copying takes long and waits for nobody; `enter` has its turn. */
	async add<T>(
		add: (images: ImageStore) => Promise<AddOutcome>,
		enter: (image: StoredImage) => Promise<T>,
	): Promise<Extract<AddOutcome, { kind: 'refused' }> | { readonly kind: 'entered'; readonly value: T }> {
		for (;;) {
			const outcome = await add(this.#images);
			if (outcome.kind === 'refused') return outcome;
			const { image } = outcome;
			const entered = await this.#turns.take(image.digest, async () => {
				// It was there already, and somebody has removed it since: it is copied again.
				if ((await this.#images.find(image.digest)) === undefined) return undefined;
				return { kind: 'entered' as const, value: await enter(image) };
			});
			if (entered !== undefined) return entered;
		}
	}

	/** Takes an image out of the catalogue and, where `leave` says that it is out, removes its files. */
	remove<T>(digest: string, leave: () => Promise<T>, isOut: (left: T) => boolean): Promise<T> {
		return this.#turns.take(digest, async () => {
			const left = await leave();
			if (isOut(left)) await this.#images.remove(digest, []);
			return left;
		});
	}
}
