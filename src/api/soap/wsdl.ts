/**
 * The description of the endpoint: WSDL 1.1, made from the table of operations, and the schemas that it imports by
 * relative locations. It names no address outside the broker, so a client needs nothing else.
 */
import { readdirSync, readFileSync } from 'node:fs';
import {
	ARP,
	JSDL,
	JSDL_HPCPA,
	JSDL_POSIX,
	JSDL_SPMD,
	NEG,
	SWEEP,
	SWEEP_FUNCTIONS,
	TC,
	WS,
	WSA,
	WSAG,
	WSAG4J_ENGINE,
	WSRF_BF,
	XS,
} from '../../agreement/names.ts';
import { attribute, element, qualifiedName, type XmlElement, type XmlName } from '../../xml/element.ts';
import { writeCanonicalDocument } from '../../xml/writer.ts';
import { BASE_FAULT, RESOURCE_FAULT_ACTION } from './faults.ts';
import { CS, named, type SoapVersion, WSNT, WSRF_R, WSRF_RL, WSRF_RP } from './names.ts';
import { CALLED_PORT_TYPES, type Call, OPERATIONS, type Operation, PORT_TYPES } from './operations.ts';

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const WSAM = 'http://www.w3.org/2007/05/addressing/metadata';
const HTTP_TRANSPORT = 'http://schemas.xmlsoap.org/soap/http';

const BINDINGS: Readonly<
	Record<SoapVersion, { readonly prefix: string; readonly namespace: string; readonly suffix: string }>
> = {
	'1.1': { prefix: 'soap11', namespace: 'http://schemas.xmlsoap.org/wsdl/soap/', suffix: '' },
	'1.2': { prefix: 'soap12', namespace: 'http://schemas.xmlsoap.org/wsdl/soap12/', suffix: '12' },
};

/** What messages are made of, and which file of the package has it. Locations are relative to the endpoint. */
const IMPORTS: readonly (readonly [string, string])[] = [
	[WSAG, 'agreement/ws-agreement.xsd'],
	[NEG, 'agreement/ws-agreement-negotiation.xsd'],
	[WSA, 'soap/ws-addressing.xsd'],
	[WSRF_BF, 'agreement/base-faults.xsd'],
	[WSRF_R, 'soap/resource.xsd'],
	[WSRF_RP, 'soap/resource-properties.xsd'],
	[WSRF_RL, 'soap/resource-lifetime.xsd'],
	[WSNT, 'soap/notification.xsd'],
	[CS, 'soap/computon.xsd'],
	[JSDL, 'jsdl/job-description.xsd'],
	[JSDL_POSIX, 'jsdl/posix-application.xsd'],
	[JSDL_HPCPA, 'jsdl/hpc-profile-application.xsd'],
	[JSDL_SPMD, 'jsdl/spmd-application.xsd'],
	[SWEEP, 'jsdl/parameter-sweep.xsd'],
	[SWEEP_FUNCTIONS, 'jsdl/sweep-functions.xsd'],
	[WS, 'agreement/workspace.xsd'],
	[TC, 'agreement/time-constraint-wsag4j.xsd'],
	[ARP, 'agreement/time-constraint-ogf.xsd'],
	[WSAG4J_ENGINE, 'agreement/constraint-annotation-wsag4j.xsd'],
];

/** The WSDL of an endpoint at that address. All but the address is made once. */
export function wsdlText(endpoint: string): string {
	made ??= makeWsdl();
	return made.replaceAll(ENDPOINT_MARK, () => endpoint.replace(/[&<"]/g, (character) => ESCAPES[character]!));
}

let made: string | undefined;

/** Stands for the address until somebody asks. */
const ENDPOINT_MARK = 'urn:computon:soap:1:endpoint';
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' };

function makeWsdl(): string {
	const spoken = [WSAG, NEG, WSA, WSRF_BF, WSRF_R, WSRF_RP, WSRF_RL, WSNT, CS].map((namespace) => named(namespace, ''));
	const declarations = new Map(spoken.map(({ prefix, namespace }) => [prefix, namespace]));
	for (const { prefix, namespace } of Object.values(BINDINGS)) declarations.set(prefix, namespace);
	declarations.set('wsdl', WSDL).set('wsam', WSAM).set('xs', XS);
	const root = wsdl('definitions', { name: 'Computon', targetNamespace: CS }, [
		wsdl('types', {}, [typesSchema()]),
		...messages(),
		...Object.entries(PORT_TYPES).map(([name, operations]) => portType(name, operations)),
		...Object.entries(CALLED_PORT_TYPES).map(([name, calls]) => calledPortType(name, calls)),
		...VERSIONS.flatMap((version) =>
			Object.entries(PORT_TYPES).map(([name, operations]) => binding(name, operations, version)),
		),
		service(),
	]);
	const sorted = [...declarations].sort(([one], [other]) => (one < other ? -1 : 1));
	return writeCanonicalDocument({
		...root,
		declarations: sorted.map(([prefix, namespace]) => ({ prefix, namespace })),
	});
}

/** A schema as clients get it; undefined where there is none of that name. */
export function schemaText(folder: string, file: string): string | undefined {
	if (`${folder}/${file}` === 'agreement/item-constraint.xsd')
		return schemaText('soap', 'item-constraint-for-clients.xsd');
	if (!SCHEMA_FOLDERS.includes(folder)) return undefined;
	const root = new URL(`../../../schemas/${folder}/`, import.meta.url);
	// Only a name that stands in the folder is opened, so that none can lead out of it.
	if (!file.endsWith('.xsd') || !readdirSync(root).includes(file)) return undefined;
	return readFileSync(new URL(file, root), 'utf8');
}

const SCHEMA_FOLDERS: readonly string[] = ['agreement', 'jsdl', 'soap'];
const VERSIONS: readonly SoapVersion[] = ['1.1', '1.2'];

type Attributes = Readonly<Record<string, string>>;

function wsdl(localName: string, attributes: Attributes, children: readonly XmlElement[] = []): XmlElement {
	return make({ prefix: 'wsdl', namespace: WSDL, localName }, attributes, children);
}

function make(name: XmlName, attributes: Attributes, children: readonly XmlElement[] = []): XmlElement {
	return element(
		name,
		Object.entries(attributes).map(([key, value]) => attribute(key, value)),
		children,
	);
}

function typesSchema(): XmlElement {
	const xs = (localName: string, attributes: Attributes, children: readonly XmlElement[] = []): XmlElement =>
		make({ prefix: 'xs', namespace: XS, localName }, attributes, children);
	const imports = IMPORTS.map(([namespace, file]) =>
		xs('import', { namespace, schemaLocation: `soap/schemas/${file}` }),
	);
	return xs('schema', { targetNamespace: `${CS}:wsdl` }, imports);
}

/** One message for each element that is sent: named like it, but for names that two vocabularies have. */
function messages(): XmlElement[] {
	const elements = new Map<string, XmlName>();
	for (const operation of OPERATIONS) {
		for (const name of [operation.request, operation.response, ...faultsOf(operation)]) {
			elements.set(messageName(name), name);
		}
	}
	for (const { request, response } of Object.values(CALLED_PORT_TYPES).flat()) {
		elements.set(messageName(request), request);
		if (response !== undefined) elements.set(messageName(response), response);
	}
	return [...elements].map(([name, of]) =>
		wsdl('message', { name }, [wsdl('part', { name: 'parameters', element: qualifiedName(of) })]),
	);
}

function messageName({ prefix, localName }: XmlName): string {
	return `${prefix}.${localName}`;
}

/** What any operation may say, and what this one says of its own. */
function faultsOf({ faults }: Operation): readonly XmlName[] {
	// Messages to the factory name resources as well: the negotiation that an offer comes from, the agreement to be changed.
	return [...faults, named(WSRF_R, 'ResourceUnknownFault'), BASE_FAULT];
}

/** The documents of the resources that have a port type (WS-ResourceProperties 1.2, section 4.2); else the factory's. */
const DOCUMENTS: Readonly<Record<string, XmlName>> = {
	Agreement: named(WSAG, 'AgreementProperties'),
	AgreementState: named(WSAG, 'AgreementProperties'),
	Negotiation: named(NEG, 'NegotiationProperties'),
	SubscriptionManager: named(WSNT, 'SubscriptionManagerRP'),
};

function portType(name: string, operations: readonly Operation[]): XmlElement {
	const document = qualifiedName(DOCUMENTS[name] ?? named(WSAG, 'AgreementFactoryProperties'));
	const described = wsdl(
		'portType',
		{ name },
		operations.map((operation) => {
			const faults = faultsOf(operation).map((fault) =>
				withAction(
					wsdl('fault', { name: fault.localName, message: `cs:${messageName(fault)}` }),
					RESOURCE_FAULT_ACTION,
				),
			);
			return wsdl('operation', { name: operation.name }, [
				withAction(wsdl('input', { message: `cs:${messageName(operation.request)}` }), operation.action),
				withAction(wsdl('output', { message: `cs:${messageName(operation.response)}` }), operation.responseAction),
				...faults,
			]);
		}),
	);
	const properties = attribute(named(WSRF_RP, 'ResourceProperties'), document);
	return { ...described, attributes: [...described.attributes, properties] };
}

/** What the broker calls has no binding here: its addresses are in the endpoint references that it is given. */
function calledPortType(name: string, calls: readonly Call[]): XmlElement {
	const operations = calls.map(({ name: called, request, response, action }) => {
		const input = withAction(wsdl('input', { message: `cs:${messageName(request)}` }), action);
		const output = response === undefined ? [] : [wsdl('output', { message: `cs:${messageName(response)}` })];
		return wsdl('operation', { name: called }, [input, ...output]);
	});
	return wsdl('portType', { name }, operations);
}

function withAction(of: XmlElement, action: string): XmlElement {
	const name = { prefix: 'wsam', namespace: WSAM, localName: 'Action' };
	return { ...of, attributes: [...of.attributes, attribute(name, action)] };
}

function binding(name: string, operations: readonly Operation[], version: SoapVersion): XmlElement {
	const { prefix, namespace, suffix } = BINDINGS[version];
	const soap = (localName: string, attributes: Attributes): XmlElement =>
		make({ prefix, namespace, localName }, attributes);
	const body = [soap('body', { use: 'literal' })];
	return wsdl('binding', { name: `${name}Soap${suffix}`, type: `cs:${name}` }, [
		soap('binding', { style: 'document', transport: HTTP_TRANSPORT }),
		...operations.map((operation) =>
			wsdl('operation', { name: operation.name }, [
				soap('operation', { soapAction: operation.action, style: 'document' }),
				wsdl('input', {}, body),
				wsdl('output', {}, body),
				...faultsOf(operation).map(({ localName }) =>
					wsdl('fault', { name: localName }, [soap('fault', { name: localName, use: 'literal' })]),
				),
			]),
		),
	]);
}

function service(): XmlElement {
	const ports = VERSIONS.flatMap((version) => {
		const { prefix, namespace, suffix } = BINDINGS[version];
		return Object.keys(PORT_TYPES).map((name) =>
			wsdl('port', { name: `${name}Soap${suffix}`, binding: `cs:${name}Soap${suffix}` }, [
				make({ prefix, namespace, localName: 'address' }, { location: ENDPOINT_MARK }),
			]),
		);
	});
	return wsdl('service', { name: 'Computon' }, ports);
}
