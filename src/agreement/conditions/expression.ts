/** What free constraints say, as it was read (expression-reader.ts). Plain data, which can cross threads. */
import type { Location } from '../template/location.ts';
import type { Rational } from './rational.ts';

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | 'div';

/** What has a value. */
export type Operand =
	| { readonly kind: 'number'; readonly value: Rational }
	| { readonly kind: 'text'; readonly text: string }
	| { readonly kind: 'location'; readonly location: Location }
	| { readonly kind: 'function'; readonly name: 'count' | 'sum' | 'min' | 'max'; readonly location: Location }
	| { readonly kind: 'negative'; readonly operand: Operand }
	| {
			readonly kind: 'arithmetic';
			readonly operator: ArithmeticOperator;
			readonly left: Operand;
			readonly right: Operand;
	  };

/** What is true or not; `text` is the part of the constraint that says so. */
export type Condition = { readonly text: string } & (
	| { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
	| { readonly kind: 'not'; readonly condition: Condition }
	| { readonly kind: 'exists'; readonly location: Location }
	| {
			readonly kind: 'comparison';
			readonly operator: ComparisonOperator;
			readonly left: Operand;
			readonly right: Operand;
	  }
);

export type Comparison = Extract<Condition, { readonly kind: 'comparison' }>;
