/** What becomes of the operator of a comparison when that is turned round, or denied. */
import type { ComparisonOperator } from './expression.ts';

type Operators = Readonly<Record<ComparisonOperator, ComparisonOperator>>;

/** With its sides exchanged: `a < b` is `b > a`. */
export const MIRRORED: Operators = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** `not (a < b)` is `a >= b`. */
export const DENIED: Operators = { '=': '!=', '!=': '=', '<': '>=', '<=': '>', '>': '<=', '>=': '<' };
