/**
 * Queries of resource properties (WS-ResourceProperties 1.2, QueryResourceProperties), in that part of XPath 1.0 that
 * costs no more than a few walks over the document:
 *
 *     query   = value | ("boolean" | "not") "(" query ")"
 *     value   = operand | operand ("=" | "!=" | "<" | "<=" | ">" | ">=") operand
 *     operand = path | ("count" | "string" | "number") "(" path ")" | literal | number
 *     path    = a Location (location.ts), or one that begins at the root element of the properties: "wsag:Name", ".",
 *               "./…", ".//…", "@…"; where a Location has a name, also "*[local-name()='Name']"
 *
 * What a path selects is sent as it stands, any other value as text. Comparisons are those of XPath: of what a path
 * selects one node has to fulfil it. Plain data, read in the workers and evaluated against the budget of who evaluates it.
 */
import { type Location, parseLocation, type StepBudget } from '../../agreement/template/location.ts';
import { selectLocation } from '../../agreement/template/location-selection.ts';
import type { XmlElement } from '../../xml/element.ts';
import { scopeWithin, type XmlScope } from '../../xml/scope.ts';

/** The dialect of which a part is spoken. */
export const XPATH_DIALECT = 'http://www.w3.org/TR/1999/REC-xpath-19991116';

/** What is understood, for who sent something else. */
export const QUERY_HELP =
	"Understood are paths such as /*/wsag:AgreementState, //wsag:Template[@wsag:TemplateId='1'] or wsag:GuaranteeTermState[@wsag:termName='g']/wsag:State, with the steps name, *, *[local-name()='name'], @name and text(), two // and predicates that are positions or compare an attribute or a child with a literal; around a path count(), string(), number(), boolean() or not(); and one comparison, such as count(//wsag:Template) > 1 or //wsag:State = 'Observed'.";

export type QueryExpression =
	| { readonly kind: 'path'; readonly location: Location }
	| { readonly kind: 'literal'; readonly value: string | number }
	| { readonly kind: 'count' | 'string' | 'number'; readonly location: Location }
	| { readonly kind: 'boolean' | 'not'; readonly of: QueryExpression }
	| {
			readonly kind: 'comparison';
			readonly operator: Operator;
			readonly left: QueryExpression;
			readonly right: QueryExpression;
	  };

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type QueryReading =
	| { readonly ok: true; readonly expression: QueryExpression }
	| { readonly ok: false; readonly why: string };

/** Twice the longest Location: a comparison has two. Whatever nests, nests less deep than this is long. */
const QUERY_CHARACTERS_MAX = 2048;

/** Reads a query; its prefixes mean what they mean where it stands. */
export function parseQuery(text: string, scope: XmlScope): QueryReading {
	const trimmed = text.trim();
	if (trimmed.length > QUERY_CHARACTERS_MAX) {
		return { ok: false, why: `it is longer than ${QUERY_CHARACTERS_MAX} characters` };
	}
	return readQuery(trimmed, scope);
}

/**
 * The value of an expression that is no path, as XPath writes it; undefined where the budget is spent. What a path
 * selects is for the caller to send.
 */
export function evaluateQuery(
	root: XmlElement,
	expression: Exclude<QueryExpression, { kind: 'path' }>,
	budget: StepBudget,
): string | undefined {
	const value = evaluate(root, expression, budget);
	return budget.remaining < 0 || typeof value === 'object' ? undefined : String(value);
}

function readQuery(text: string, scope: XmlScope): QueryReading {
	const split = operatorIn(text);
	if (split !== undefined) {
		const { operator, left, right } = split;
		const first = readOperand(left, scope);
		const second = first.ok ? readOperand(right, scope) : first;
		if (!first.ok || !second.ok) return second;
		const sides = { left: first.expression, right: second.expression };
		return { ok: true, expression: { kind: 'comparison', operator, ...sides } };
	}
	const [, kind, content] = /^(boolean|not)\s*\((.*)\)$/s.exec(text) ?? [];
	if (kind !== 'boolean' && kind !== 'not') return readOperand(text, scope);
	const of = readQuery(content!.trim(), scope);
	return of.ok ? { ok: true, expression: { kind, of: of.expression } } : of;
}

function readOperand(text: string, scope: XmlScope): QueryReading {
	const literal = /^(?:'([^']*)'|"([^"]*)")$/.exec(text);
	if (literal !== null) return { ok: true, expression: { kind: 'literal', value: literal[1] ?? literal[2]! } };
	if (NUMBER.test(text)) return { ok: true, expression: { kind: 'literal', value: Number(text) } };
	const [, kind, content] = /^(count|string|number)\s*\((.*)\)$/s.exec(text) ?? [];
	if (kind !== 'count' && kind !== 'string' && kind !== 'number') return readPath(text, scope, 'path');
	return readPath(content!.trim(), scope, kind);
}

const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)$/;

function readPath(text: string, scope: XmlScope, kind: 'path' | 'count' | 'string' | 'number'): QueryReading {
	if (/^(?!text\(\))[\w-]+\s*\(/.test(text)) return { ok: false, why: `"${text.slice(0, 40)}" is no path` };
	const named = text.replace(/\*\[\s*local-name\(\)\s*=\s*(?:'([\w.-]+)'|"([\w.-]+)")\s*\]/g, (_, one, other) => {
		return `${ANYWHERE}:${one ?? other}`;
	});
	const reading = parseLocation(fromRoot(named), scopeWithin(scope, ANY_NAMESPACE));
	return reading.ok ? { ok: true, expression: { kind, location: reading.location } } : reading;
}

/** A prefix of names that are in any namespace, or in none. */
const ANYWHERE = 'in-any-namespace';
const ANY_NAMESPACE = [{ prefix: ANYWHERE, namespace: '*' }];

/** The path from the document on: the context of a query is the root element of the properties. */
function fromRoot(path: string): string {
	if (path === '/' || path === '.') return '/*';
	if (path.startsWith('/')) return path;
	return path.startsWith('./') ? `/*${path.slice(1)}` : `/*/${path}`;
}

/** The first operator outside literals, predicates and parentheses. */
function operatorIn(
	text: string,
): { readonly operator: Operator; readonly left: string; readonly right: string } | undefined {
	let depth = 0;
	for (let at = 0; at < text.length; at += 1) {
		const character = text[at]!;
		if (character === "'" || character === '"') {
			const end = text.indexOf(character, at + 1);
			if (end < 0) return undefined;
			at = end;
		} else if (character === '(' || character === '[') depth += 1;
		else if (character === ')' || character === ']') depth -= 1;
		const [operator] = (depth === 0 && /^(?:[!<>]=|[<>=])/.exec(text.slice(at, at + 2))) || [];
		if (operator === undefined) continue;
		const sides = { left: text.slice(0, at).trim(), right: text.slice(at + operator.length).trim() };
		return { operator: operator as Operator, ...sides };
	}
	return undefined;
}

/** As XPath has them; of the nodes that a path selects, their texts. */
type Value = string | number | boolean | readonly string[];

/** Meaningless once the budget is spent. */
function evaluate(root: XmlElement, expression: QueryExpression, budget: StepBudget): Value {
	switch (expression.kind) {
		case 'literal':
			return expression.value;
		case 'path':
			return textsOf(root, expression.location, budget);
		case 'count':
			return selectLocation(root, expression.location, budget)?.selections.length ?? 0;
		case 'string':
			return textsOf(root, expression.location, budget)[0] ?? '';
		case 'number':
			return numberOf(textsOf(root, expression.location, budget)[0] ?? '');
		case 'boolean':
			return isTrue(evaluate(root, expression.of, budget));
		case 'not':
			return !isTrue(evaluate(root, expression.of, budget));
		case 'comparison': {
			const { operator, left, right } = expression;
			return compare(operator, evaluate(root, left, budget), evaluate(root, right, budget), budget);
		}
	}
}

function textsOf(root: XmlElement, location: Location, budget: StepBudget): string[] {
	const selections = selectLocation(root, location, budget)?.selections ?? [];
	return selections.map(({ owner, attribute }) => attribute?.value ?? textWithin(owner, budget));
}

/** All text below an element; no more than the budget allows. */
function textWithin(owner: XmlElement, budget: StepBudget): string {
	budget.remaining -= owner.children.length;
	if (budget.remaining < 0) return '';
	return owner.children
		.map((child) => (child.kind === 'element' ? textWithin(child, budget) : child.kind === 'text' ? child.text : ''))
		.join('');
}

function isTrue(value: Value): boolean {
	if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
	return typeof value === 'boolean' ? value : value.length > 0;
}

function numberOf(text: string): number {
	const trimmed = text.trim();
	return NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
}

function compare(operator: Operator, left: Value, right: Value, budget: StepBudget): boolean {
	const sides = [left, right].map((side) => (typeof side === 'object' ? side : [side]));
	const [ours, theirs] = sides as [readonly (string | number)[], readonly (string | number)[]];
	budget.remaining -= ours.length * theirs.length;
	if (budget.remaining < 0) return false;
	return ours.some((one) => theirs.some((other) => holds(operator, one, other)));
}

function holds(operator: Operator, one: string | number, other: string | number): boolean {
	const areTexts = typeof one === 'string' && typeof other === 'string';
	if (areTexts && (operator === '=' || operator === '!=')) return (one === other) === (operator === '=');
	const [left, right] = [one, other].map((side) => (typeof side === 'number' ? side : numberOf(side))) as [
		number,
		number,
	];
	switch (operator) {
		case '=':
			return left === right;
		case '!=':
			return left !== right;
		case '<':
			return left < right;
		case '<=':
			return left <= right;
		case '>':
			return left > right;
		case '>=':
			return left >= right;
	}
}
