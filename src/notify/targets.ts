/**
 * The one list of places that this broker calls. Addresses come from clients (endpoint references, subscriptions), so
 * without it any of them could make the broker talk to what only the broker can reach.
 */
import { BlockList, isIP } from 'node:net';

/** A place that may be called, as the configuration has it. */
export interface AllowedTarget {
	readonly scheme: 'http' | 'https';
	/** In lower case; an IPv6 address without brackets. */
	readonly host: string;
	readonly port: number;
	/** Ends in `/` or is the whole path of the only resource that is allowed. */
	readonly pathPrefix: string;
	/** Networks of addresses that are not public which the host's name may stand for, as `address/bits`. */
	readonly networks: readonly string[];
}

export type TargetReading =
	| { readonly ok: true; readonly targets: readonly AllowedTarget[] }
	| { readonly ok: false; readonly entry: string; readonly why: string };

export type TargetVerdict =
	| { readonly ok: true; readonly url: URL; readonly allowed: AllowedTarget }
	| { readonly ok: false; readonly why: string };

/** A site works with tens of brokers. */
const TARGETS_MAX = 256;
/** Longer addresses are nobody's. */
const URL_LENGTH_MAX = 2_048;
const PORTS: Readonly<Record<AllowedTarget['scheme'], number>> = { http: 80, https: 443 };

/**
 * Reads a list of entries with white space between them, each `scheme://host[:port]/path[=network,network…]`. The path
 * is a prefix where it ends in `/`, else it is the whole. A host given by its address is allowed that address, public
 * or not; a name may stand for public addresses, and for others only within the entry's networks, e.g.
 * `https://broker.example.org/callbacks/=10.20.0.0/16`.
 */
export function readTargets(text: string): TargetReading {
	const targets: AllowedTarget[] = [];
	for (const entry of text.split(/\s+/).filter((each) => each !== '')) {
		const read = readTarget(entry);
		if (typeof read === 'string') return { ok: false, entry, why: read };
		targets.push(read);
	}
	if (targets.length <= TARGETS_MAX) return { ok: true, targets };
	return { ok: false, entry: `${targets.length} entries`, why: `at most ${TARGETS_MAX} entries` };
}

/** Whether the list allows this address; says nothing about what its name stands for, which is seen when it is called. */
export function judgeTarget(target: string, targets: readonly AllowedTarget[]): TargetVerdict {
	const url = target.length > URL_LENGTH_MAX ? undefined : parseUrl(target);
	if (url === undefined) return { ok: false, why: 'It is no http or https address.' };
	if (url.username !== '' || url.password !== '') return { ok: false, why: 'It carries a user or a password.' };
	// What a server behind the prefix makes of an encoded slash or dot is not known here.
	if (/%(2f|5c|2e)/i.test(url.pathname)) return { ok: false, why: 'Its path hides separators or dots.' };
	const place = placeOf(url);
	const allowed = targets.find(
		({ scheme, host, port, pathPrefix }) =>
			scheme === place.scheme &&
			host === place.host &&
			port === place.port &&
			(url.pathname === pathPrefix || (pathPrefix.endsWith('/') && url.pathname.startsWith(pathPrefix))),
	);
	return allowed === undefined ? { ok: false, why: 'This site does not call there.' } : { ok: true, url, allowed };
}

/** Whether the host's name may stand for this address: a public one, the one that is listed, or one of its networks. */
export function mayStandFor({ host, networks }: AllowedTarget, address: string): boolean {
	const plain = unmapped(address);
	const family = isIP(plain);
	if (family === 0) return false;
	if (host === plain || host === address) return true;
	if (!NOT_PUBLIC.check(plain, family === 4 ? 'ipv4' : 'ipv6')) return true;
	return networks.some((network) => blockListOf([network]).check(plain, family === 4 ? 'ipv4' : 'ipv6'));
}

function readTarget(entry: string): AllowedTarget | string {
	const [place = '', list] = entry.split('=', 2);
	const url = parseUrl(place);
	if (url === undefined) return 'it must begin with http:// or https://, and name a host';
	if (url.username !== '' || url.search !== '' || url.hash !== '') return 'no user, query or fragment belongs here';
	const networks = list === undefined ? [] : list.split(',');
	const wrong = networks.find((network) => !isNetwork(network));
	if (wrong !== undefined) return `"${wrong}" is no network such as 10.0.0.0/8`;
	return { ...placeOf(url), pathPrefix: url.pathname, networks };
}

function placeOf(url: URL): Pick<AllowedTarget, 'scheme' | 'host' | 'port'> {
	const scheme = url.protocol === 'https:' ? 'https' : 'http';
	const port = url.port === '' ? PORTS[scheme] : Number(url.port);
	return { scheme, host: url.hostname.replace(/^\[|\]$/g, '').toLowerCase(), port };
}

function parseUrl(text: string): URL | undefined {
	const url = URL.parse(text);
	return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
}

function isNetwork(text: string): boolean {
	const [address = '', bits = '', ...rest] = text.split('/');
	const family = isIP(address);
	return family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

function blockListOf(networks: readonly string[]): BlockList {
	const list = new BlockList();
	for (const network of networks) {
		const [address = '', bits] = network.split('/');
		list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
	}
	return list;
}

/** An IPv4 address in IPv6's clothes (::ffff:a.b.c.d) is that IPv4 address. */
function unmapped(address: string): string {
	const match = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
	return match?.[1] ?? address;
}

/** IANA's special-purpose registries: loopback, link-local, private, shared, documentation, multicast, reserved. */
const NOT_PUBLIC = blockListOf([
	'0.0.0.0/8',
	'10.0.0.0/8',
	'100.64.0.0/10',
	'127.0.0.0/8',
	'169.254.0.0/16',
	'172.16.0.0/12',
	'192.0.0.0/24',
	'192.0.2.0/24',
	'192.88.99.0/24',
	'192.168.0.0/16',
	'198.18.0.0/15',
	'198.51.100.0/24',
	'203.0.113.0/24',
	'224.0.0.0/3',
	'::/127',
	// Addresses that carry an IPv4 address inside: what they lead to is decided elsewhere.
	'64:ff9b::/96',
	'64:ff9b:1::/48',
	'2002::/16',
	'2001::/23',
	'2001:db8::/32',
	'100::/64',
	'fc00::/7',
	'fe80::/10',
	'fec0::/10',
	'ff00::/8',
]);
