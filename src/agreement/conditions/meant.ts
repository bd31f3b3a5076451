/** What a text means that stands where a number, a time or a duration is wanted: where whoever looks for another begins. */
import { XS } from '../names.ts';
import { meaningOf } from '../template/meaning.ts';
import { simpleTypeNamed } from '../template/simple-type.ts';
import { type Line, placeOn, placesOn, type Value } from './expression-values.ts';
import { valueOn } from './node-demand.ts';
import { point, type Spans } from './spans.ts';

/** Where it lies on the line, by what it clearly means (`4 GB` is 4: no unit is guessed); undefined: it means nothing there. */
export function meantOn(line: Line, value: Value): Spans | undefined {
	if (value.kind === 'numbers' || value.texts.length !== 1 || placesOn(line, value) !== undefined) return undefined;
	const meant = meaningOf(TYPES[line], value.texts[0]!);
	const place = meant === undefined ? undefined : placeOn(line, meant);
	return place === undefined ? undefined : point(place);
}

/** The same as a value. */
export function meantBy(line: Line, value: Value): Value | undefined {
	const [span] = meantOn(line, value) ?? [];
	return span && valueOn(line, span.lower);
}

const TYPES = {
	number: simpleTypeNamed(XS, 'double')!,
	dateTime: simpleTypeNamed(XS, 'dateTime')!,
	duration: simpleTypeNamed(XS, 'duration')!,
} as const;
