/**
 * Extensions: elements of other namespaces where the standard leaves room for them. Of a message that makes an
 * agreement, its own foreign children are critical, and who does not understand one must not go on (GFD.192, 6.1);
 * the contents of NoncriticalExtension are not. Those of an offer itself are told apart (ignored-extensions.ts).
 */
import { type DocumentIssue, hasName, qualifiedName } from '../../xml/element.ts';
import { addIssue, type Place, placesWithin } from '../document.ts';
import type { ExtensionName } from '../lenient/extension-points.ts';
import { WSAG } from '../names.ts';

export interface Extension {
	readonly place: Place;
	readonly critical: boolean;
}

/** What became of the extensions: those that the caller acts on, what stands in the way, and what was passed over. */
export interface ExtensionJudgement {
	readonly understood: readonly Place[];
	/** EXTENSION_UNKNOWN for each critical one that is not known: the message must be refused. */
	readonly issues: readonly DocumentIssue[];
	/** EXTENSION_IGNORED for each other one that is not known. */
	readonly remarks: readonly DocumentIssue[];
}

/**
 * The extensions among the children of a message element such as wsag:CreateAgreementInput, which is of that
 * namespace: those that are critical first, each kind in document order.
 */
export function extensionsAmong(children: readonly Place[], namespace: string): readonly Extension[] {
	const critical = children.filter(({ element }) => element.namespace !== namespace);
	// In messages the standard calls it so; its global element has the plural.
	const noncritical = children.filter(
		({ element }) => hasName(element, WSAG, 'NoncriticalExtension') || hasName(element, WSAG, 'NoncriticalExtensions'),
	);
	return [
		...critical.map((place) => ({ place, critical: true })),
		...noncritical.flatMap(placesWithin).map((place) => ({ place, critical: false })),
	];
}

/** Judges extensions by the names that are understood in this place. */
export function judgeExtensions(extensions: readonly Extension[], known: readonly ExtensionName[]): ExtensionJudgement {
	const understood: Place[] = [];
	const issues: DocumentIssue[] = [];
	const remarks: DocumentIssue[] = [];
	const allowed = known.map(({ namespace, localName }) => `{${namespace}}${localName}`).join(', ') || 'none';
	for (const { place, critical } of extensions) {
		const { element, path } = place;
		const found = `{${element.namespace}}${element.localName}`;
		if (known.some(({ namespace, localName }) => hasName(element, namespace, localName))) understood.push(place);
		else if (critical) {
			const message = `The extension ${qualifiedName(element)} is critical, and nobody here understands it: leave it out, or make it a NoncriticalExtension.`;
			addIssue(issues, 'EXTENSION_UNKNOWN', path, message, { found, allowed });
		} else {
			const message = `Nobody here understands the extension ${qualifiedName(element)}; it is kept and ignored.`;
			addIssue(remarks, 'EXTENSION_IGNORED', path, message, { found });
		}
	}
	return { understood, issues, remarks };
}
