// Counts the calls of limited keys and owners, and tells callers in each answer how many are left.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Socket } from 'node:net';
import type { Caller } from '../../core/keys/keys.ts';
import { type Rate, type RateKind, rateKinds, type Rates } from '../../core/limits/rates.ts';
import { addRateHeaders } from './rate-headers.ts';

/** Kind as which a call counts. `nothing`: it does not count, and tells of all rates. */
export type CountedAs = RateKind | 'nothing';

export interface CallCounter {
  /** Counts calls, of so many that are asked for at once, and sets the headers. Throws `RequestError` (`rate_limited`). */
  count(
    visit: { request: FastifyRequest; reply: FastifyReply },
    caller: Caller,
    as: CountedAs,
    calls?: number,
    asked?: number,
  ): void;
}

export function createCallCounter(rates: Rates): CallCounter {
  return {
    count({ request, reply }, caller, as, calls = 1, asked = calls) {
      const { limited } = caller;
      if (limited.length === 0) return;
      const set = (found: readonly Rate[]) => {
        const headers: string[] = [];
        addRateHeaders(headers, found);
        for (let at = 0; at < headers.length; at += 2) reply.header(headers[at] ?? '', headers[at + 1]);
      };
      const isCounted = as === 'submit' || (as === 'query' && !isInProcess(request));
      if (!isCounted) return set(kindsOf(as).flatMap((kind) => rates.look(limited, kind)));
      const counted = rates.tryCount(limited, as, calls);
      if (counted !== null) return set(counted);
      const refusal = rates.refuse(limited, as, asked);
      set(refusal.rates);
      throw refusal.error;
    },
  };
}

const kindsOf = (as: CountedAs): readonly RateKind[] => (as === 'nothing' ? rateKinds : [as]);

/** A call that a tool of /mcp makes is a part of the call that was counted when it came. */
function isInProcess({ raw }: FastifyRequest): boolean {
  return !(raw.socket instanceof Socket);
}
