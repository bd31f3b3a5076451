/** Alternatives as a client meets them: documents, narrowed to what is offered, that are sent back as they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RangeValue } from '../../src/agreement/jsdl/range.ts';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import type { Template } from '../../src/agreement/template/template.ts';
import type { PlacementTerm, ServiceGrant, ServiceRequest } from '../../src/agreement/terms/service.ts';
import { printDateTime, printDuration } from '../../src/agreement/time.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { item, multiplicity, offer, template, valueIn } from '../agreement/documents.ts';
import { changeQuestion, QUESTIONS, question } from './worlds.ts';

const ANY_NUMBER = multiplicity('0_TO_N');

/** Templates that some alternatives do not keep to. */
const templates: readonly Template[] = [
	template(''),
	template(item('//jsdl:TotalResourceCount/jsdl:Exact', '<xs:maxInclusive value="3"/>', ANY_NUMBER)),
	template(
		item('//jsdl:IndividualPhysicalMemory/jsdl:Exact', facets(['1073741824', '2147483648', '4294967296']), ANY_NUMBER),
	),
];

describe('an alternative as a document', () => {
	it('keeps to the template and is accepted as it stands (H6)', () => {
		let offered = 0;
		const asked = fc.tuple(fc.oneof(question, changeQuestion), fc.constantFrom(...templates));
		fc.assert(
			fc.property(asked, ([{ request, ...world }, against]) => {
				const document = offerOf(request);
				const judged = ask(document, against, world);
				if (judged.kind !== 'counter') return;
				for (const { grant } of judged.alternatives) {
					offered += 1;
					const sentBack = valueIn(readOffer(narrowOffer(document, grant, against)));
					expect(checkConstraints(sentBack, against)).toEqual([]);
					const { candidateHosts: _, ...values } = grant;
					expect(ask(sentBack, against, world)).toMatchObject({ kind: 'accept', grant: values });
				}
			}),
			{ numRuns: Math.ceil(QUESTIONS / 2) },
		);
		expect(offered).toBeGreaterThan(QUESTIONS / 10);
	});
});

function ask(document: Offer, against: Template, world: Omit<Question, 'request'>) {
	return decide({
		...world,
		request: valueIn(readServiceRequest(document, against)),
		violations: checkConstraints(document, against),
		satisfies: (grant: ServiceGrant) =>
			checkConstraints({ tree: narrowOffer(document, grant, against) }, against).length === 0,
	});
}

/** The request as a document. */
function offerOf(request: ServiceRequest): Offer {
	const { candidateHosts, cpuArchitecture, window, workspace } = request;
	const { startAt, endAt, durationSeconds } = window;
	const element = (name: string, content: string | undefined): string =>
		content === undefined ? '' : `<${name}>${content}</${name.split(' ')[0]}>`;
	const range = (name: string, demand: { range: RangeValue } | undefined): string =>
		element(`jsdl:${name}`, demand && parts(demand.range));
	const hosts = candidateHosts.map((host) => element('jsdl:HostName', host)).join('');
	const retention = workspace.retentionSeconds > 0 ? ` retention="${printDuration(workspace.retentionSeconds)}"` : '';
	return offer({
		resources: [
			element('jsdl:CandidateHosts', hosts === '' ? undefined : hosts),
			cpuArchitecture === undefined
				? ''
				: element('jsdl:CPUArchitecture', element('jsdl:CPUArchitectureName', cpuArchitecture)),
			range('IndividualCPUCount', request.cpuCount),
			range('IndividualNetworkBandwidth', request.networkBitsPerSecond),
			range('IndividualPhysicalMemory', request.memoryBytes),
			range('IndividualDiskSpace', request.diskBytes),
			range('TotalCPUCount', request.totalCpuCount),
			range('TotalPhysicalMemory', request.totalMemoryBytes),
			range('TotalResourceCount', request.machineCount),
		].join(''),
		window: element(
			'ws:Window',
			element('ws:StartTime', startAt === undefined ? undefined : printDateTime(startAt)) +
				element('ws:EndTime', endAt === undefined ? undefined : printDateTime(endAt)) +
				element('ws:Duration', printDuration(durationSeconds)),
		),
		workspace: element(
			'ws:Workspace',
			element(`ws:Image digest="${workspace.imageDigest}"`, workspace.imageName) +
				element('ws:CPUShare', String(workspace.cpuSharePercent)) +
				element(`ws:EndAction${retention}`, workspace.endAction) +
				placementOf(workspace.placement),
		),
	});
}

function placementOf(placement: PlacementTerm | undefined): string {
	if (placement === undefined) return '';
	const { strategy, machinesPerHostMax: most, labels } = placement;
	const attributes = `strategy="${strategy}"${most === undefined ? '' : ` machinesPerHostMax="${most}"`}`;
	const children = Object.entries(labels).map(([name, value]) => `<ws:Label name="${name}">${value}</ws:Label>`);
	return `<ws:Placement ${attributes}>${children.join('')}</ws:Placement>`;
}

function parts({ intervals }: RangeValue): string {
	return intervals
		.map(({ lower, upper }) => {
			if (lower === upper) return `<jsdl:Exact>${lower}</jsdl:Exact>`;
			if (upper === Number.POSITIVE_INFINITY) return `<jsdl:LowerBoundedRange>${lower}</jsdl:LowerBoundedRange>`;
			return `<jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range>`;
		})
		.join('');
}

function facets(values: readonly string[]): string {
	return values.map((value) => `<xs:enumeration value="${value}"/>`).join('');
}
