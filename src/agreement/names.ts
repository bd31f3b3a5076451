/** The namespaces of the documents that Computon reads, each with the prefix that it writes for it. */

/** WS-Agreement 1.0 (GFD.192). */
export const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
/** JSDL 1.0 (GFD.136). */
export const JSDL = 'http://schemas.ggf.org/jsdl/2005/11/jsdl';
export const JSDL_POSIX = 'http://schemas.ggf.org/jsdl/2005/11/jsdl-posix';
/** JSDL's HPC Basic Profile Application (GFD.111), and the namespaces under which it is found beside its own. */
export const JSDL_HPCPA = 'http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa';
export const JSDL_HPCPA_VARIANTS: readonly string[] = [
	'http://schemas.ogf.org/jsdl/2006/07/jsdl-hpcpa',
	'http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcp',
];
/** JSDL's SPMD Application (GFD.115). */
export const JSDL_SPMD = 'http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd';
/** JSDL's parameter sweep (GFD.149) and its functions. */
export const SWEEP = 'http://schemas.ogf.org/jsdl/2009/03/sweep';
export const SWEEP_FUNCTIONS = 'http://schemas.ogf.org/jsdl/2009/03/sweep/functions';
/** The draft of the sweep that g-Eclipse writes; its Parameter is another one. */
export const SWEEP_DRAFT = 'http://schemas.ogf.org/jsdl/2007/01/jsdl-sweep';
/** Our own terms: Window, Workspace, DurationUnit. */
export const WS = 'urn:computon:workspace:1';
/** Where lenient reading keeps what it found under no name that a schema lets pass. */
export const KEPT = 'urn:computon:kept:1';
/** WSAG4J's TimeConstraint. */
export const TC = 'http://schemas.wsag4j.org/2009/07/wsag4j-scheduling-extensions';
/** The OGF draft's AllocationTimeConstraint. */
export const ARP = 'http://www.ogf.org/graap/AR/2009/04/';
/** WSAG4J's ConstraintAnnotation, which may stand behind an ItemConstraint. */
export const WSAG4J_ENGINE = 'http://schemas.scai.fraunhofer.de/2008/11/wsag4j/engine';
/** WS-Agreement Negotiation 1.0 (GFD.193). */
export const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
export const WSA = 'http://www.w3.org/2005/08/addressing';
export const WSRF_BF = 'http://docs.oasis-open.org/wsrf/bf-2';
export const XS = 'http://www.w3.org/2001/XMLSchema';
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** The prefixes that a JSON document may use without declaring them, and that new elements are written with. */
export const WELL_KNOWN_PREFIXES: ReadonlyMap<string, string> = new Map([
	['wsag', WSAG],
	['jsdl', JSDL],
	['jsdl-posix', JSDL_POSIX],
	['jsdl-hpcpa', JSDL_HPCPA],
	['jsdl-spmd', JSDL_SPMD],
	['sweep', SWEEP],
	['sweepfunc', SWEEP_FUNCTIONS],
	['xs', XS],
	['ws', WS],
	['kept', KEPT],
	['neg', NEG],
	['wsa', WSA],
	['wsrf-bf', WSRF_BF],
	['tc', TC],
	['arp', ARP],
]);
