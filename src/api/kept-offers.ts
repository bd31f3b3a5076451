/** Offers that agreements were made from, read again for those who ask for the agreement. */
import type { Offer } from '../agreement/offer/offer.ts';
import { SMALL_BYTES_MAX } from './admission.ts';
import type { AgreementRecord } from './agreement-views.ts';
import type { DocumentReader } from './requests.ts';

/**
 * A large one, read in a worker: where it is the first of a process, one of 70 KB with 2,300 names takes 50 ms, and what
 * crosses from the worker a fifth of that. Undefined of others, which are read where they are printed.
 */
export async function largeOffer(
	reader: DocumentReader,
	{ offerXml, offerBytes }: Pick<AgreementRecord, 'offerXml' | 'offerBytes'>,
): Promise<{ readonly offer?: Offer }> {
	if (offerBytes <= SMALL_BYTES_MAX) return {};
	const reading = await reader.read(Buffer.from(offerXml), 'kept');
	return reading.ok && reading.value.kind === 'offer' ? { offer: reading.value.offer } : {};
}
