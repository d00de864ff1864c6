// How long a status query is to wait for news: `?wait=` and `?until=`, or `Prefer: wait=` (RFC 7240, section 4.3).

import * as z from 'zod';
import { RequestError } from '../../core/errors.ts';
import { type Given, members, readMembers } from '../route/members.ts';
import { wholeNumber } from '../route/number-members.ts';

export interface Wait {
  seconds: number;
  /** Whether only the end of the task is news. */
  untilFinal: boolean;
  /** Whether the header asked for it, which the answer then says. */
  byPreference: boolean;
}

/** Longest wait that can be asked for; a longer one counts as this. */
const maxSeconds = 60;
/**
 * Silence after which a wait is answered, however long it was to be. nginx answers for a server that has been silent for 60 s
 * (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout), as do the load balancers of most clouds.
 */
export const maxSilenceSeconds = 50;
/** Of `?until=final` alone: within the time-outs of nearly every client. */
const defaultSeconds = 30;

const seconds = wholeNumber(`wait takes a whole number of seconds, 1 to ${maxSeconds}.`, {
  min: 1,
  read: (value) => (typeof value === 'string' && /^0*[1-9]\d{0,8}$/.test(value) ? Number(value) : null),
});

export const waitMembers = members(
  {
    wait: seconds.meta({
      description: `Answer at the next change, or after so many seconds; more than ${maxSeconds} count as ${maxSeconds}. The answer comes within ${maxSilenceSeconds} seconds in any case, before proxies give up`,
    }),
    until: z
      .enum(['final'], 'until takes final, or is left out.')
      .meta({ description: 'Only the end of the task is news; 30 seconds without wait' }),
  },
  {
    refusesUnknown: false,
    refusal: (details) => new RequestError('invalid_request', details[0]?.message ?? '', { details }),
  },
);

/**
 * `null` where an answer is wanted at once. More than a minute counts as a minute. Throws `RequestError` for members of the query
 * string that mean nothing; a preference that means nothing is passed over, as its RFC demands.
 */
export function readWait(query: Given, prefer: string | string[] | undefined): Wait | null {
  const { wait, until } = readMembers(waitMembers, query);
  const preferred = preferredSeconds(prefer);
  const asked = wait ?? preferred ?? (until === undefined ? null : defaultSeconds);
  return asked === null
    ? null
    : {
        seconds: Math.min(asked, maxSeconds),
        untilFinal: until === 'final',
        byPreference: wait === undefined && preferred !== null,
      };
}

function preferredSeconds(prefer: string | string[] | undefined): number | null {
  const [, , digits] = /(^|,)\s*wait\s*=\s*"?(0*[1-9]\d{0,8})"?\s*(;|,|$)/i.exec(String(prefer)) ?? [];
  return digits === undefined ? null : Number(digits);
}
