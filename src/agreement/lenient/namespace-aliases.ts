/** Namespaces under which people write a vocabulary, and the one that the standard gives it. */
import { JSDL, JSDL_HPCPA, JSDL_HPCPA_VARIANTS, JSDL_POSIX, JSDL_SPMD, NEG, WSAG } from '../names.ts';

/** The namespace of the standard; the same where it is no alias of one. */
export function withoutAlias(namespace: string): string {
	return ALIASES.get(namespace) ?? namespace;
}

const ALIASES: ReadonlyMap<string, string> = new Map([
	// Drafts of JSDL, and the host to which its editors moved later.
	['http://schemas.ggf.org/jsdl/2005/04/jsdl', JSDL],
	['http://schemas.ggf.org/jsdl/2005/06/jsdl', JSDL],
	['http://schemas.ogf.org/jsdl/2005/11/jsdl', JSDL],
	['http://schemas.ggf.org/jsdl/2005/11/jsdl/', JSDL],
	['http://schemas.ggf.org/jsdl/2005/04/jsdl-posix', JSDL_POSIX],
	['http://schemas.ggf.org/jsdl/2005/06/jsdl-posix', JSDL_POSIX],
	['http://schemas.ogf.org/jsdl/2005/11/jsdl-posix', JSDL_POSIX],
	...JSDL_HPCPA_VARIANTS.map((variant) => [variant, JSDL_HPCPA] as const),
	['http://schemas.ggf.org/jsdl/2007/02/jsdl-spmd', JSDL_SPMD],
	// Drafts of WS-Agreement and of its negotiation.
	['http://www.ggf.org/namespaces/ws-agreement', WSAG],
	['http://schemas.ggf.org/graap/2008/12/ws-agreement-negotiation', NEG],
]);
