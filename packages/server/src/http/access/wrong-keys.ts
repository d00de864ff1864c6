// Slows down whoever guesses keys. Only requests that show a key which is not known are counted, by the network that they come from, and
// only such requests are refused: a key that is valid is served wherever it comes from. A request without a key guesses nothing.

import type { IncomingMessage } from 'node:http';
import { RequestError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { calledNetwork, isPublicAddress } from '../../lib/addresses.ts';
import type { Clock } from '../../lib/clock.ts';
import type { CallerAddress } from '../connections/caller-address.ts';
import { WrongKeyError } from './wrong-key-error.ts';

/** Gives the refusal that is answered instead: another one where too many wrong keys came from the network. */
export type SlowWrongKeys = (request: IncomingMessage, refusal: unknown) => unknown;

/** Wrong keys of a network in a minute that are answered with 401. */
export const maxWrongKeys = 20;
const windowMs = 60_000;
/** Networks that are counted at once; the one that began first makes room. */
const maxNetworks = 10_000;

interface Counted {
  since: number;
  count: number;
}

/** `trustedProxies` as in the settings. */
export function createSlowWrongKeys({
  callerAddress,
  trustedProxies,
  clock,
  emit,
}: {
  callerAddress: CallerAddress;
  trustedProxies: number;
  clock: Clock;
  emit: Emit;
}): SlowWrongKeys {
  const networks = new Map<string, Counted>();
  let isProxyTold = false;

  /** Counts a request of the network; gives its count with that. */
  function count(network: string): Counted {
    const now = clock.now();
    const known = networks.get(network);
    if (known !== undefined && now >= known.since && now - known.since < windowMs) {
      known.count += 1;
      return known;
    }
    networks.delete(network);
    if (networks.size >= maxNetworks) networks.delete(networks.keys().next().value ?? '');
    const counted = { since: now, count: 1 };
    networks.set(network, counted);
    return counted;
  }

  /** Whether the address is that of a proxy that the settings don't know of, behind which everybody has it. */
  function isUnknownProxy({ headers }: IncomingMessage, address: string): boolean {
    if (trustedProxies > 0 || headers['x-forwarded-for'] === undefined || isPublicAddress(address))
      return false;
    if (!isProxyTold) emit('proxy_not_trusted', { address });
    return (isProxyTold = true);
  }

  return (request, refusal) => {
    if (!isOfWrongKey(refusal)) return refusal;
    const address = JSON.parse(callerAddress(request)) as string;
    if (isUnknownProxy(request, address)) return refusal;
    const { since, count: wrong } = count(calledNetwork(address));
    if (wrong <= maxWrongKeys) return refusal;
    if (wrong === maxWrongKeys + 1) emit('wrong_keys', { address });
    return new RequestError(
      'rate_limited',
      `This API key is not valid, and more than ${maxWrongKeys} requests with such keys came from your network within a minute. Requests with a valid key are answered as ever.`,
      { retryAfterSeconds: Math.ceil((since + windowMs - clock.now()) / 1000) },
    );
  };
}

/** The refusal may have been put into other words. */
function isOfWrongKey(refusal: unknown): boolean {
  return (
    refusal instanceof WrongKeyError ||
    (refusal instanceof RequestError && refusal.cause instanceof WrongKeyError)
  );
}
