/** Guarantee terms in JSON, beside the document that holds them: read once, for who does not speak the standard. */
import type { Place } from '../agreement/document.ts';
import type { GuaranteeTermState } from '../agreement/properties/states.ts';
import type { Compensation, GuaranteeTerm } from '../agreement/terms/guarantee-term.ts';
import { flattenTerms, type Term } from '../agreement/terms/terms.ts';
import { type JsonValue, toJson } from '../agreement/to-json.ts';
import { textOf } from '../xml/element.ts';
import { declareNamespaces } from '../xml/scope.ts';

/** Every guarantee in force, with its state. */
export function guaranteesView(terms: readonly Term[]): readonly Record<string, unknown>[] {
	return flattenTerms(terms)
		.filter((term) => term.kind === 'GuaranteeTerm')
		.map((term) => guaranteeView(term, 'NotDetermined'));
}

function guaranteeView(term: GuaranteeTerm, state: GuaranteeTermState): Record<string, unknown> {
	const { name, obligated, scopes, qualifyingCondition, objective, businessValues } = term;
	const { importance, penalties, rewards, preferences, customValues } = businessValues;
	return {
		name,
		state,
		obligated,
		scopes: scopes.map(({ serviceName, parts }) => ({ serviceName, parts: parts.map(anything) })),
		...(qualifyingCondition === undefined ? {} : { qualifyingCondition: anything(qualifyingCondition) }),
		kpiName: objective.kpiName,
		customServiceLevel: anything(objective.customServiceLevel),
		importance,
		penalties: penalties.map(compensationView),
		rewards: rewards.map(compensationView),
		preferences: preferences.map(({ termName, utility }) => ({
			termName,
			// JSON has no infinities; xs:float does.
			utility: Number.isFinite(utility) ? utility : utility > 0 ? 'INF' : '-INF',
		})),
		customBusinessValues: customValues.map(anything),
	};
}

function compensationView({ timeInterval, count, valueUnit, valueExpression }: Compensation): Record<string, unknown> {
	return { assessmentInterval: { timeInterval, count }, valueUnit, valueExpression: anything(valueExpression) };
}

/** An xs:anyType: its text where it is nothing else, and else the element in JSON form. */
function anything({ element }: Place): JsonValue {
	const isText = element.attributes.length === 0 && element.children.every(({ kind }) => kind === 'text');
	return isText ? textOf(element) : toJson(declareNamespaces(element));
}
