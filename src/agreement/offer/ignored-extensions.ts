/** What an offer says beyond what is understood here, as the answer to it tells: kept in its place, and ignored. */
import { type DocumentIssue, qualifiedName } from '../../xml/element.ts';
import { addIssue } from '../document.ts';
import { nameText } from '../lenient/extension-points.ts';
import { type UnknownExtension, unknownExtensions } from '../lenient/unknown-extensions.ts';
import type { ServiceRequest } from '../terms/service.ts';
import { flattenTerms } from '../terms/terms.ts';
import type { Offer } from './offer.ts';

/** The remarks on one offer, with the paths of all of them. */
export interface IgnoredExtension {
	readonly path: string;
	readonly remark: DocumentIssue;
}

/** EXTENSION_IGNORED for each extension in the offer as it was sent, whatever it leaves open. */
export function ignoredExtensions(offer: Offer): readonly IgnoredExtension[] {
	const rootStep = `/${qualifiedName(offer.tree)}`;
	return unknownExtensions(offer.tree).map((extension) => {
		const path = `${offer.path ?? rootStep}${extension.path.slice(rootStep.length)}`;
		const remarks: DocumentIssue[] = [];
		const { namespace, localName } = extension.name;
		addIssue(remarks, 'EXTENSION_IGNORED', path, messageOn(extension), { found: `{${namespace}}${localName}` });
		return { path, remark: remarks[0]! };
	});
}

/**
 * The request with the remarks that are about it: of the terms those in force, if `resolved` is one way of several, and
 * nothing that is not to be had, which is told as that.
 */
export function withIgnored(
	request: ServiceRequest,
	ignored: readonly IgnoredExtension[],
	resolved?: Offer,
): ServiceRequest {
	if (ignored.length === 0) return request;
	const refused = new Set(request.unsupported.filter(({ kind }) => kind === 'enforce').map(({ path }) => path));
	const inForce = resolved && new Set(flattenTerms(resolved.terms.terms).map(({ path }) => path));
	const terms = resolved && `${resolved.terms.path}/`;
	const told = ignored.filter(({ path }) => {
		if (isWithin(path, refused)) return false;
		return inForce === undefined || !path.startsWith(terms!) || isWithin(path, inForce);
	});
	if (told.length === 0) return request;
	return { ...request, remarks: [...request.remarks, ...told.map(({ remark }) => remark)] };
}

/** Whether the path is one of these or leads into one: as many looks as it has steps. */
function isWithin(path: string, places: ReadonlySet<string>): boolean {
	for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
		if (places.has(path.slice(0, end))) return true;
	}
	return false;
}

function messageOn({ name, isAttribute, strangeness }: UnknownExtension): string {
	const written = qualifiedName(name);
	if (isAttribute) return `Nobody here understands the attribute ${written}; it is kept and ignored.`;
	if (strangeness?.kind === 'elsewhere' && strangeness.meant === undefined) {
		return `${written} belongs elsewhere; here it is an extension, which is kept and ignored.`;
	}
	const hint = strangeness?.meant === undefined ? '' : ` (did you mean ${nameText(strangeness.meant)}?)`;
	return `Nobody here understands the extension ${written}; it is kept and ignored${hint}.`;
}
