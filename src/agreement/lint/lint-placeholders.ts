/** Placeholders that a program, or a person, was to fill in and did not. */
import { attributeValue, hasName, qualifiedName, textOf } from '../../xml/element.ts';
import { type Place, placesWithin } from '../document.ts';
import { WSAG, XS } from '../names.ts';

export interface Placeholder {
	readonly path: string;
	readonly found: string;
}

const PLACEHOLDER = new RegExp(
	[
		// Of engines: `${name}`, `$!name`, `#{name}`, `{{name}}`, `<%= name %>`.
		/\$!?\{[^{}]{0,100}\}|\$!?[A-Za-z_][\w.]{0,100}|#\{[^{}]{1,100}\}|\{\{[^{}]{1,100}\}\}|<%[^%]{1,100}%>/,
		// Of build tools and installers: `@@name@@`, `@NAME@`, `%NAME%`.
		/@@[\w.-]{1,100}@@|(?<!\w)@[A-Z][A-Z0-9_]{0,100}@(?!\w)|%[A-Z][A-Z_]{2,100}%/,
		// Of people: `XXX_name`, `XXXX`, `_NAME_`, `TODO`, and a text that is nothing but `<name>`.
		/\bXXX_\w{0,100}|\bX{3,8}\b|(?<!\w)_+[A-Z][A-Z0-9_]{0,100}_(?!\w)|^\s*<[A-Za-z][^<>@]{0,100}>\s*$/,
		/\b(?:TODO|FIXME|TBD|CHANGE_?ME|REPLACE_?ME)\b/,
	]
		.map(({ source }) => source)
		.join('|'),
);

/** Those of the document, in its order. What a Location calls `$this` and the signs of a pattern are none. */
export function findPlaceholders(root: Place): readonly Placeholder[] {
	const found: Placeholder[] = [];
	const look = (text: string, path: string): void => {
		const match = PLACEHOLDER.exec(text);
		if (match !== null) found.push({ path, found: match[0] });
	};
	const visit = (place: Place): void => {
		const { element, path } = place;
		const isLocation = hasName(element, WSAG, 'Location');
		look(isLocation ? textOf(element).replaceAll('$this', '') : textOf(element), path);
		const isPattern = hasName(element, XS, 'pattern') && attributeValue(element, '', 'value') !== undefined;
		for (const attribute of isPattern ? [] : element.attributes)
			look(attribute.value, `${path}/@${qualifiedName(attribute)}`);
		for (const child of placesWithin(place)) visit(child);
	};
	visit(root);
	return found;
}
