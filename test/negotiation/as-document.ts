/** Random questions as a client asks them: documents for a template. */
import type { RangeValue } from '../../src/agreement/jsdl/range.ts';
import { admittedReader } from '../../src/agreement/offer/admitted.ts';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import type { Offer } from '../../src/agreement/offer/offer.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { findViolations } from '../../src/agreement/offer/violations.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import type { Template } from '../../src/agreement/template/template.ts';
import type { PlacementTerm, ServiceGrant, ServiceRequest } from '../../src/agreement/terms/service.ts';
import { printDateTime, printDuration } from '../../src/agreement/time.ts';
import type { Question } from '../../src/negotiation/decide.ts';
import { offer, valueIn } from '../agreement/documents.ts';

/** The question as the broker asks it of a document. */
export function questionOf(document: Offer, against: Template, world: Omit<Question, 'request'>): Question {
	const request = valueIn(readServiceRequest(document, against));
	return {
		...world,
		request,
		violations: findViolations(document, request, against, undefined),
		satisfies: (grant: ServiceGrant) =>
			checkConstraints({ tree: narrowOffer(document, grant, against) }, against).length === 0,
		admitted: () => against.constraints.flatMap(admittedReader(document, request, against, undefined)),
	};
}

/** The request as a document. */
export function offerOf(request: ServiceRequest): Offer {
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
