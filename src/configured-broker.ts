/** The broker under what its site configures: policies, prices, quotas, and the policy webhook that is asked. */
import { compareKept } from './api/kept-documents.ts';
import type { DocumentReader } from './api/requests.ts';
import { printReview } from './api/review.ts';
import { Broker, type Offering } from './broker/broker.ts';
import type { ConfiguredPolicy } from './broker/catalogue.ts';
import { uuidSource } from './broker/identifier.ts';
import type { Review } from './broker/review.ts';
import type { Host } from './capacity/resources.ts';
import type { Config } from './config.ts';
import { OperatingError } from './errors.ts';
import type { HostsNow } from './host-watch.ts';
import { POLICY_DEFAULTS } from './negotiation/policy/policy.ts';
import { type PriceModel, readPriceModel } from './negotiation/policy/price-model.ts';
import { readQuotas } from './negotiation/policy/quota.ts';
import { Notifier } from './notify/notifier.ts';
import { openPolicyWebhook } from './notify/policy-webhook.ts';
import { readTargets } from './notify/targets.ts';
import { offeredHosts, type SiteCapacity } from './site-capacity.ts';
import type { Store } from './store/store.ts';
import { zoneOffsets } from './time-zone.ts';
import type { Site } from './workspace/site.ts';

/** The broker of the site under the policies that the configuration names; throws OperatingError where one is wrong. */
export function openBroker(
	config: Config,
	store: Store,
	offering: Offering,
	reader: DocumentReader,
	onFault: (fault: unknown) => void,
): Broker {
	const { policy: known, ...offered } = offering;
	const policy: ConfiguredPolicy = {
		...POLICY_DEFAULTS,
		...config.policy,
		holds: { ...POLICY_DEFAULTS.holds, ...config.holds },
		...pricesOf(config, store),
		...known,
	};
	return new Broker({
		store,
		site: config.siteName,
		...offered,
		policy,
		clock: () => Math.floor(Date.now() / 1000),
		newId: uuidSource(),
		...reviewOf(config, policy, onFault),
		compare: (...documents) => compareKept(reader, ...documents),
		onFault,
	});
}

/** What the hosts, as they are now, have for agreements under the configuration; throws CONFIG_INVALID where it is wrong. */
export function offeringOf(config: Config, capacity: SiteCapacity, site: Site, { hosts, silent }: HostsNow): Offering {
	const { simulated: _, acceleration: __, ...abilities } = site.abilities;
	const offered = offeredHosts(hosts, capacity, site.abilities);
	return { ...offered, silent, policy: { abilities, ...quotasOf(config, offered.hosts) } };
}

/** The prices of today, with those that the site had: a list that is new is kept. */
function pricesOf({ prices }: Config, store: Store): Pick<ConfiguredPolicy, 'prices'> {
	if (prices === undefined) return {};
	const reading = readPriceModel(prices, zoneOffsets);
	if (!reading.ok) throw new OperatingError('CONFIG_INVALID', reading.issues.join(' '));
	const list = store.transact(() => store.priceLists.numberOf(prices));
	const lists = new Map<number, PriceModel>();
	for (const { number, prices: had } of store.priceLists.all()) {
		const known = readPriceModel(had, zoneOffsets);
		if (known.ok) lists.set(number, known.model);
	}
	return { prices: { ...reading.model, list, lists } };
}

function quotasOf({ quotas }: Config, hosts: readonly Host[]): Pick<ConfiguredPolicy, 'quotas'> {
	if (quotas === undefined) return {};
	const siteMillicores = hosts.reduce((sum, { capacity }) => sum + capacity.cpuMillicores, 0);
	const reading = readQuotas(quotas, siteMillicores);
	if (!reading.ok) throw new OperatingError('CONFIG_INVALID', reading.issues.join(' '));
	return { quotas: reading.quotas };
}

/** The site's own policy: where the configuration names it is where it may be asked, whatever its name stands for. */
function reviewOf(
	{ policyWebhook, siteName }: Config,
	{ durationSecondsMin, abilities: { memoryBytesMin } }: ConfiguredPolicy,
	onFailure: (fault: unknown) => void,
): { review?: Review } {
	if (policyWebhook === undefined) return {};
	const { url: target, deadlineMs, fails } = policyWebhook;
	const reading = readTargets(`${target}=0.0.0.0/0,::/0`);
	if (!reading.ok) {
		throw new OperatingError('CONFIG_INVALID', `policyWebhook: ${JSON.stringify(target)}: ${reading.why}.`);
	}
	const ask = openPolicyWebhook({
		notifier: new Notifier(reading.targets),
		target,
		deadlineMs,
		limitsMin: { durationSecondsMax: durationSecondsMin, memoryBytesMax: memoryBytesMin },
		fails,
		onFailure,
	});
	return { review: (question) => ask(printReview(siteName, question)) };
}
