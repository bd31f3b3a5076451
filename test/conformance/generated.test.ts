import { describe, expect, test } from 'vitest';
import { fromJson } from '../../src/agreement/from-json.ts';
import { NEG, WSA, WSAG, WSRF_BF } from '../../src/agreement/names.ts';
import { resolveChoices } from '../../src/agreement/offer/choices.ts';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { readOffer } from '../../src/agreement/offer/offer.ts';
import { type ReadDocument, read } from '../../src/agreement/reading.ts';
import { printBaseFault } from '../../src/agreement/rounds/base-fault.ts';
import {
	agreementOfferOf,
	type NegotiationOffer,
	printNegotiationOffer,
} from '../../src/agreement/rounds/negotiation-offer.ts';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { toJson } from '../../src/agreement/to-json.ts';
import { readDocument } from '../../src/xml/document.ts';
import { childElements, sameElement, type XmlElement } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { canonical } from '../xml/canonical.ts';
import { documentProblems } from './document-schema.ts';
import { choicesOf, generatorOf } from './generator.ts';
import { mutantOf } from './mutations.ts';
import { officialFolder, officialValidator } from './official.ts';
import { schemaModel, XS } from './schema-model.ts';

const DOCUMENTS = 10_000;
const PATIENCE_MS = 120_000;

const model = schemaModel('agreement/documents.xsd');

const isKnown = (): boolean => true;
/** What the official set knows too: none of our own terms, no sweep. */
const isOfficial = (namespace: string): boolean => !/computon|sweep/.test(namespace);

function weAdmit(text: string): boolean {
	return readDocument(Buffer.from(text)).ok;
}

describe('ten thousand documents, something foreign planted in every place where a schema lets it stand', () => {
	test(
		'are admitted, come back from XML and from JSON as they were, and their JSON is as it is documented',
		() => {
			const generator = generatorOf(model, isKnown);
			const wrong: string[] = [];
			const roots = new Set<string>();
			for (let seed = 0; seed < DOCUMENTS; seed += 1) {
				const text = writeCanonical(generator.document(choicesOf(seed)));
				const reading = readDocument(Buffer.from(text));
				if (!reading.ok) {
					wrong.push(`${seed} is refused: ${reading.issues[0]?.message}`);
					continue;
				}
				const tree = reading.value;
				roots.add(nameOf(tree));
				const expected = canonical(text);
				if (writeCanonical(tree) !== expected) wrong.push(`${seed} is written otherwise`);
				const json: unknown = JSON.parse(JSON.stringify(toJson(tree)));
				const back = fromJson(json);
				if (!back.ok || writeCanonical(back.value) !== expected) wrong.push(`${seed} comes back otherwise from JSON`);
				const problems = documentProblems(json);
				if (problems !== '') wrong.push(`${seed} is no such JSON: ${problems}`);
			}
			expect(wrong).toEqual([]);
			expect([...generator.places].filter((place) => !generator.planted.has(place))).toEqual([]);
			expect(generator.places.size).toBeGreaterThan(200);
			// Documents of every kind: agreements with the states of their terms, negotiations, messages, faults.
			expect(generator.roots.filter((root) => !roots.has(nameOf(root)))).toEqual([]);
			expect([...roots].map((name) => name.split('}')[0]!.slice(1))).toEqual(
				expect.arrayContaining([WSAG, NEG, WSA, WSRF_BF, XS]),
			);
		},
		PATIENCE_MS,
	);

	test(
		'messages around them come back as they were, too',
		() => {
			const generator = generatorOf(schemaModel('soap/messages.xsd'), isKnown, (name) => name === 'Envelope');
			const wrong: string[] = [];
			for (let seed = 0; seed < 2_000; seed += 1) {
				const text = writeCanonical(generator.document(choicesOf(seed)));
				const reading = readDocument(Buffer.from(text), { as: 'message' });
				if (!reading.ok) wrong.push(`${seed} is refused: ${reading.issues[0]?.message}`);
				else if (writeCanonical(reading.value) !== canonical(text)) wrong.push(`${seed} is written otherwise`);
			}
			expect(wrong).toEqual([]);
		},
		PATIENCE_MS,
	);
});

function nameOf({ namespace, localName }: { readonly namespace: string; readonly localName: string }): string {
	return `{${namespace}}${localName}`;
}

/** All that is planted in a document, each with the names around it. */
function plantedIn(node: XmlElement, around = ''): string[] {
	if (node.namespace.startsWith('urn:example:'))
		return [`${around}/${writeCanonical(node).replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '')}`];
	const here = `${around}/${node.localName}`;
	const attributes = node.attributes.filter(({ namespace }) => namespace.startsWith('urn:example:'));
	return [
		...attributes.map(({ localName, value }) => `${here}/@${localName}=${value}`),
		...childElements(node).flatMap((child) => plantedIn(child, here)),
	];
}

/** The parts of a range, which give way to the one value that was granted, and what is said of them with them. */
const GIVES_WAY = /\/(?:Individual|Total)\w+\/(?:UpperBoundedRange|LowerBoundedRange|Exact|Range)\//;

/** As small as a grant can be. */
const GRANT: ServiceGrant = {
	machineCount: 1,
	cpuCount: 1,
	memoryBytes: 2 ** 20,
	diskBytes: 0,
	networkBitsPerSecond: 0,
	startAt: 1_900_000_000,
	endAt: 1_900_003_600,
	workspace: {
		imageName: 'guest',
		imageDigest: `sha256:${'0'.repeat(64)}`,
		cpuSharePercent: 50,
		endAction: 'destroy',
		retentionSeconds: 0,
	},
};

describe('what is read of a generated document', () => {
	test(
		'keeps what is foreign in its place where an offer becomes what was granted',
		() => {
			const generator = generatorOf(model, isKnown, (name) => name === 'AgreementOffer');
			const lost: string[] = [];
			const seen = { offers: 0, planted: 0 };
			for (let seed = 0; seed < 1_000; seed += 1) {
				const { value: tree } = readDocument(Buffer.from(writeCanonical(generator.document(choicesOf(seed))))) as {
					value: XmlElement;
				};
				const offer = readOffer(tree);
				const ways = offer.ok ? resolveChoices(offer.value) : offer;
				if (!offer.ok || !ways.ok || ways.value.length > 1) continue;
				const kept = plantedIn(narrowOffer(offer.value, GRANT));
				seen.offers += 1;
				for (const planted of plantedIn(tree)) {
					if (GIVES_WAY.test(planted)) continue;
					seen.planted += 1;
					const at = kept.indexOf(planted);
					if (at < 0) lost.push(`${seed} ${planted}`);
					else kept.splice(at, 1);
				}
			}
			expect(lost).toEqual([]);
			expect(seen.offers).toBeGreaterThan(500);
			expect(seen.planted).toBeGreaterThan(2_000);
		},
		PATIENCE_MS,
	);

	test(
		'can be written again in another place: offers of a negotiation as agreement offers, and as counter-offers',
		() => {
			// Of these roots alone, so that there are enough of them.
			const generator = generatorOf(model, isKnown, (name) => /^(NegotiationOffer|NegotiateInput)$/.test(name));
			const wrong: string[] = [];
			let offers = 0;
			for (let seed = 0; seed < 1_000; seed += 1) {
				const { value: tree } = readDocument(Buffer.from(writeCanonical(generator.document(choicesOf(seed))))) as {
					value: XmlElement;
				};
				const reading = read(tree);
				if (!reading.ok) continue;
				for (const offer of offersOf(reading.value)) {
					offers += 1;
					const agreementOffer = agreementOfferOf(offer).tree;
					const counter = printNegotiationOffer({
						offer: agreementOffer,
						counterOfferTo: offer.offerId ?? '1',
						creator: 'NegotiationResponder',
						state: 'Rejected',
						stateContent: printBaseFault({ timestampAt: 0, descriptions: ['No.'], reasons: [] }),
					});
					for (const made of [offer.tree, agreementOffer, counter]) {
						const back = readDocument(Buffer.from(writeCanonical(made)));
						if (!back.ok || !sameElement(back.value, made)) wrong.push(`${seed} ${made.localName}`);
					}
				}
			}
			expect(wrong).toEqual([]);
			expect(offers).toBeGreaterThan(300);
		},
		PATIENCE_MS,
	);
});

function offersOf(document: ReadDocument): readonly NegotiationOffer[] {
	if (document.kind === 'negotiation-offer') return [document.offer];
	return document.kind === 'negotiation-message' && 'offers' in document.message ? document.message.offers : [];
}

const folder = officialFolder();

describe.skipIf(folder === undefined)('where the official schemas can be had (COMPUTON_STANDARDS)', () => {
	test(
		'ten thousand documents, half of them changed in one place, are judged alike',
		() => {
			const admits = officialValidator(folder!);
			const generator = generatorOf(model, isOfficial);
			const different: string[] = [];
			const verdicts = { admitted: 0, refused: 0 };
			for (let seed = 0; seed < DOCUMENTS; seed += 1) {
				const choose = choicesOf(seed);
				const tree = generator.document(choose);
				const { mutation, at, text } =
					seed % 2 === 0 ? { mutation: '', at: '', text: writeCanonical(tree) } : mutantOf(tree, choose);
				const official = admits(text);
				verdicts[official ? 'admitted' : 'refused'] += 1;
				if (weAdmit(text) === official || isListed(official, mutation, at, text)) continue;
				different.push(`${seed} ${official ? '+' : '-'} ${mutation} ${at}`);
			}
			expect(different).toEqual([]);
			expect(verdicts.admitted).toBeGreaterThan(DOCUMENTS / 2);
			expect(verdicts.refused).toBeGreaterThan(DOCUMENTS / 5);
		},
		PATIENCE_MS,
	);
});

/** The differences of differences.ts, wherever in a document they come about. */
function isListed(official: boolean, mutation: string, at: string, text: string): boolean {
	if (official) return false;
	// MountSource before MountPoint.
	if (/<\/(jsdl:)?MountSource>(<!--.*?-->)?<(jsdl:)?MountPoint[ >]/.test(text)) return true;
	// The path of an identity constraint.
	return /^the value /.test(mutation) && /\/(xs:)?(selector|field)(\[\d+\])?\/@xpath$/.test(at);
}
