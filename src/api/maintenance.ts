/** The routes of maintenance: when hosts are closed. */
import { type Request, type Response, Router } from 'express';
import type { Broker } from '../broker/broker.ts';
import type { PlannedMaintenance } from '../broker/maintenance.ts';
import { isName, isPlainText, NAME_LENGTH_MAX, type Party } from '../identity/party.ts';
import { type Refusal, unusable } from './problems.ts';
import { handle, instantOf, isRefusal, jsonObjectOf } from './requests.ts';
import { instant } from './views.ts';

export function maintenanceRoutes(broker: Broker): Router {
	const router = Router();
	router
		.route('/maintenance')
		.get(
			handle(async (_request, response, party) => {
				response.json({ items: broker.listMaintenance(party).map(maintenanceView) });
				return undefined;
			}),
		)
		.post(handle((request, response, party) => addMaintenance(broker, request, response, party)));
	router.delete(
		'/maintenance/:id',
		handle(async (request, response, party) => {
			const { kind } = await broker.removeMaintenance(party, String(request.params.id));
			if (kind !== 'removed') return { code: kind === 'forbidden' ? 'FORBIDDEN' : 'NOT_FOUND' };
			response.status(204).end();
			return undefined;
		}),
	);
	return router;
}

async function addMaintenance(
	broker: Broker,
	request: Request,
	response: Response,
	party: Party,
): Promise<Refusal | undefined> {
	const body = jsonObjectOf(request, ['host', 'from', 'to', 'reason']);
	if (isRefusal(body)) return body;
	const { host, reason = '' } = body;
	if (!isName(host)) return unusable('host', 'the name of a host', host);
	if (!isPlainText(reason)) {
		return unusable('reason', `at most ${NAME_LENGTH_MAX} printable characters`, reason);
	}
	const from = instantOf('from', body.from);
	if (isRefusal(from)) return from;
	const to = instantOf('to', body.to);
	if (isRefusal(to)) return to;
	const outcome = await broker.addMaintenance({ party, host, startAt: from.at, endAt: to.at, reason });
	if (outcome.kind === 'unusable') return { code: 'PARAMETER_INVALID', detail: outcome.why };
	if (outcome.kind !== 'added') return { code: 'FORBIDDEN' };
	response.status(201).json(maintenanceView(outcome));
	return undefined;
}

function maintenanceView({ maintenance, affected, held }: PlannedMaintenance): Record<string, unknown> {
	const { id, host, startAt, endAt, reason, addedAt, addedBy } = maintenance;
	return {
		id,
		host,
		startAt: instant(startAt),
		endAt: instant(endAt),
		reason,
		addedAt: instant(addedAt),
		addedBy,
		affected,
		held,
	};
}
