/**
 * Terms that own terms lack and every offer needs, a Window or a Workspace, and that constraints let stand nowhere beside
 * them: templates of other sites often fix the terms that an offer has. Offers may have other terms than these, so it is
 * a warning.
 */
import { attribute, type DocumentIssue, element, hasName, qualifiedName, type XmlElement } from '../../xml/element.ts';
import { addIssue } from '../document.ts';
import { WS, WSAG } from '../names.ts';
import { type Offer, readOffer } from '../offer/offer.ts';
import { checkEach, type TemplateConstraint } from '../template/constraints.ts';

/** `lacking`: the local names of what the service has no term with. */
export function lintLacking(
	offer: Offer,
	{ lacking, serviceName }: { readonly lacking: readonly string[]; readonly serviceName: string },
	constraints: readonly TemplateConstraint[],
	issues: DocumentIssue[],
): void {
	for (const localName of lacking) {
		const brought = bring(offer.tree, localName, serviceName);
		const reading = brought && readOffer(brought.tree);
		if (brought === undefined || !reading?.ok) continue;
		const before = checkEach(offer, constraints);
		const after = checkEach(reading.value, constraints);
		for (const [index, constraint] of constraints.entries()) {
			// What the new term holds is invented, and so nothing that is said of that counts.
			const isNew = after[index]!.some(({ path }) => path === brought.path || brought.path.startsWith(`${path}/`));
			if (!isNew || before[index]!.length > 0) continue;
			const message =
				`An offer of these terms as they stand is refused: the service ${serviceName} needs a term with a ${localName} (${WS}), ` +
				'and this lets none stand beside them.';
			addIssue(issues, 'OWN_TERMS_REFUSED', constraint.path, message, { found: `no ${localName}` });
		}
	}
}

/** The offer with one more term, behind its last one of that kind; undefined where there is none to stand beside. */
function bring(root: XmlElement, localName: string, serviceName: string) {
	const terms = root.children.find((child) => child.kind === 'element' && hasName(child, WSAG, 'Terms'));
	const all = terms?.kind === 'element' ? terms.children.find(({ kind }) => kind === 'element') : undefined;
	if (terms?.kind !== 'element' || all?.kind !== 'element') return undefined;
	const last = all.children.findLastIndex((child) => child.kind === 'element' && isDescription(child));
	const sibling = all.children[last];
	if (sibling?.kind !== 'element') return undefined;
	const wsag = (name: string) => ({ prefix: sibling.prefix, namespace: WSAG, localName: name });
	const names = [attribute(wsag('Name'), NEW_NAME), attribute(wsag('ServiceName'), serviceName)];
	const term = element(sibling, names, [element({ prefix: 'ws', namespace: WS, localName })]);
	const position = all.children.filter((child) => child.kind === 'element' && isDescription(child)).length + 1;
	const tree = replaced(
		root,
		terms,
		replaced(terms, all, { ...all, children: all.children.toSpliced(last + 1, 0, term) }),
	);
	const path = `/${[root, terms, all, sibling].map(qualifiedName).join('/')}[${position}]`;
	return { tree, path };
}

const NEW_NAME = 'computon-lint';

function isDescription(child: XmlElement): boolean {
	return hasName(child, WSAG, 'ServiceDescriptionTerm');
}

function replaced(parent: XmlElement, child: XmlElement, by: XmlElement): XmlElement {
	return { ...parent, children: parent.children.map((each) => (each === child ? by : each)) };
}
