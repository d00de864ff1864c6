// Webhooks: what the records say of endpoints and deliveries, and, where it is asked for, what receivers answer to a test.

import type { Config } from '../../config/settings.ts';
import { TaskError } from '../../core/errors.ts';
import type { WebhookPost } from '../../core/webhooks/webhook-post.ts';
import { newDeliveryId } from '../../core/webhooks/webhook.ts';
import { createAddressPolicy } from '../../lib/addresses.ts';
import { createGuardedPost } from '../../outside/guarded-post.ts';
import type { LiveEndpoint, TroubledEndpoint } from '../../store/endpoints-on-record.ts';
import type { StateOnRecord } from '../../store/state-on-record.ts';
import { statusError } from '../../webhooks/attempt.ts';
import { signedTest } from '../../webhooks/message-text.ts';
import { linksThrough } from '../network/proxies.ts';
import type { Endpoints } from './check-store.ts';
import { advice, fault, fine, type Finding } from './finding.ts';

export function checkWebhooks(state: StateOnRecord | null, isServed: boolean): Finding[] {
  if (state === null) return [fine('webhooks', 'none yet')];
  const { troubled, troubledEndpoints, overdueDeliveries } = state;
  const found = troubled.map(describe);
  if (troubledEndpoints > troubled.length)
    found.push(
      advice(
        'webhooks',
        `${troubledEndpoints - troubled.length} more endpoints fail or are switched off`,
        'Mend these first, and look again.',
      ),
    );
  if (overdueDeliveries > 0 && isServed)
    found.push(
      fault(
        'webhooks',
        `${overdueDeliveries} deliveries have been due for more than ten minutes`,
        'See in the log why they are not sent (webhook_fault, and webhook_attempt with log_level debug), and on PostgreSQL that a server of role worker or all runs.',
      ),
    );
  else if (overdueDeliveries > 0)
    found.push(
      advice('webhooks', `${overdueDeliveries} deliveries are due`, 'Start the server, which sends them.'),
    );
  return found.length > 0 ? found : [fine('webhooks', 'no endpoint fails, and no delivery is late')];
}

function describe({ id, url, isOff, since, reason }: TroubledEndpoint): Finding {
  const state = isOff ? 'is switched off' : 'fails';
  const why = reason === null ? '' : `: ${reason}`;
  return advice(
    'webhooks',
    `${nameOf({ id, url })} ${state} since ${new Date(since).toISOString()}${why}`,
    isOff
      ? 'Mend the receiver; then its owner switches the endpoint on again, in the console or at /api/webhooks.'
      : 'Mend the receiver; deliveries are tried again by themselves.',
  );
}

/** A URL of a receiver may have a secret in its path, so its host alone is shown. */
const nameOf = ({ id, url }: { id: string; url: string }): string =>
  `endpoint ${id} at ${URL.parse(url)?.host ?? 'no valid URL'}`;

/** Limits of a round of tests: calls at once, and for all of it. */
const atOnce = 8;
const roundMs = 60_000;

/** Makes the function that calls receivers, over connections that are checked and pinned as those of deliveries are. */
export function createTestPost(config: Config): WebhookPost {
  return createGuardedPost({
    policy: createAddressPolicy(config.allowed_private_hosts, { allowedPorts: config.link_ports }),
    limits: { totalMs: config.webhook_timeout_seconds * 1000 },
    ...linksThrough(config),
  });
}

/** Sends each endpoint a signed test message, of which nothing is stored, and gives what came as it comes. */
export async function* tryWebhooks(
  { endpoints, count }: Endpoints,
  {
    post,
    now,
    signal = AbortSignal.timeout(roundMs),
  }: { post: WebhookPost; now: () => number; signal?: AbortSignal },
): AsyncGenerator<Finding> {
  if (count === 0) yield fine('webhooks', 'there is no endpoint to try');
  let tried = 0;
  for (let from = 0; from < endpoints.length && !signal.aborted; from += atOnce) {
    const next = endpoints.slice(from, from + atOnce);
    const found = await Promise.all(next.map((endpoint) => tryOne(endpoint, { post, now, signal })));
    for (const finding of found) {
      if (finding === null) continue;
      tried += 1;
      yield finding;
    }
  }
  if (count > tried)
    yield advice(
      'webhooks',
      `${count - tried} of ${count} endpoints were not tried`,
      'Their owners can: POST /api/webhooks/ID/test, or the console.',
    );
}

/** Gives `null` where the time for all was over first. */
async function tryOne(
  endpoint: LiveEndpoint,
  { post, now, signal }: { post: WebhookPost; now: () => number; signal: AbortSignal },
): Promise<Finding | null> {
  const { url } = endpoint;
  const message = messageFor(endpoint, now());
  if (message === null)
    return fault(
      'webhooks',
      `${nameOf(endpoint)} was sent no test message: nothing can be signed with its secret as it is stored`,
      'Its owner gives it another secret in the console or at /api/webhooks.',
    );
  const startedAt = performance.now();
  try {
    const { status } = await post(url, message, signal);
    const error = statusError(status);
    const ms = Math.round(performance.now() - startedAt);
    if (error === null)
      return fine('webhooks', `${nameOf(endpoint)} took a test message: ${status} (${ms} ms)`);
    return refused(endpoint, error);
  } catch (error) {
    if (error instanceof TaskError) return refused(endpoint, error.message);
    return signal.aborted ? null : refused(endpoint, 'It could not be sent.');
  }
}

function messageFor({ id: endpointId, secrets }: LiveEndpoint, at: number) {
  try {
    return signedTest({ id: newDeliveryId(), endpointId, at }, secrets);
  } catch {
    return null;
  }
}

const refused = (endpoint: LiveEndpoint, error: string): Finding =>
  fault(
    'webhooks',
    `${nameOf(endpoint)} took no test message: ${error}`,
    'Mend the receiver or the way to it; its owner changes or deletes the endpoint in the console or at /api/webhooks.',
  );
