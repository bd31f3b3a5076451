/** How deep the least documents of a schema are: a generator that knows it can always come to an end. */
import type { XmlElement } from '../../src/xml/element.ts';
import {
	attributesOf,
	contentOf,
	declaredType,
	PARTICLES,
	particleOf,
	placeOf,
	resolvedGroup,
	standIns,
	takes,
} from './content.ts';
import { type Construct, facet, parts, type SchemaModel } from './schema-model.ts';

/** How many levels of elements it takes to complete what a schema wants. */
export class Fits {
	readonly #model: SchemaModel;
	readonly #roots: readonly Construct[];
	readonly #known = new Map<XmlElement, boolean[]>();

	constructor(model: SchemaModel, roots: readonly Construct[]) {
		this.#model = model;
		this.#roots = roots;
	}

	/** Whether the element with all that it must hold has at most so many levels. */
	element(declaration: Construct, levels: number): boolean {
		if (levels <= 0) return false;
		const known = this.#known.get(declaration.node) ?? [];
		this.#known.set(declaration.node, known);
		const answer = known[levels];
		if (answer !== undefined) return answer;
		const content = contentOf(this.#model, declaredType(this.#model, declaration));
		const found = content.particles.every((particle) => this.particle(particle, levels - 1));
		known[levels] = found;
		return found;
	}

	/** Whether the least that a particle wants can be had within so many levels. */
	particle(construct: Construct, levels: number): boolean {
		return particleOf(construct).min === 0 || this.once(construct, levels);
	}

	once(construct: Construct, levels: number): boolean {
		switch (construct.node.localName) {
			case 'element':
				return this.substitutes(construct, levels).length > 0;
			case 'any':
				return facet(construct, 'processContents') === 'strict'
					? this.strangers(construct, levels).length > 0
					: levels > 0;
			case 'group':
				return this.once(resolvedGroup(this.#model, construct), levels);
			case 'choice':
				return parts(construct, ...PARTICLES).some((part) => this.particle(part, levels));
			default:
				return parts(construct, ...PARTICLES).every((part) => this.particle(part, levels));
		}
	}

	substitutes(declaration: Construct, levels: number): Construct[] {
		return standIns(this.#model, declaration).filter((candidate) => this.element(candidate, levels));
	}

	/** The known elements that a wildcard takes. */
	strangers(wildcard: Construct, levels: number): Construct[] {
		return this.#roots.filter((root) => takes(wildcard, root.file.targetNamespace) && this.element(root, levels));
	}

	/** Every place for what is foreign (`placeOf`) below the roots. */
	places(): ReadonlySet<string> {
		const found = new Set<string>();
		const seen = new Set<XmlElement>();
		const visitElement = (declaration: Construct): void => {
			if (seen.has(declaration.node)) return;
			seen.add(declaration.node);
			const content = contentOf(this.#model, declaredType(this.#model, declaration));
			if (content.isAnything) found.add(placeOf(declaration, 'anything'));
			const visit = (construct: Construct): void => {
				const kind = construct.node.localName;
				if (kind === 'any' || kind === 'anyAttribute') found.add(placeOf(declaration, construct));
				else if (kind === 'attributeGroup') attributesOf(this.#model, construct).forEach(visit);
				else if (kind === 'group') visit(resolvedGroup(this.#model, construct));
				else if (kind === 'element') standIns(this.#model, construct).forEach(visitElement);
				else parts(construct, ...PARTICLES).forEach(visit);
			};
			[...content.particles, ...content.attributes].forEach(visit);
		};
		this.#roots.forEach(visitElement);
		return found;
	}
}
