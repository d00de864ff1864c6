// How long a status query is to wait for news: `?wait=` and `?until=`, or `Prefer: wait=` (RFC 7240, section 4.3).

import { type Fault, RequestError } from '../../core/errors.ts';

export interface Wait {
  seconds: number;
  /** Whether only the end of the task is news. */
  untilFinal: boolean;
  /** Whether the header asked for it, which the answer then says. */
  byPreference: boolean;
}

/** Longest wait that can be asked for; a longer one counts as this. */
export const maxSeconds = 60;
/**
 * Silence after which a wait is answered, however long it was to be. nginx answers for a server that has been silent for 60 s
 * (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout), as do the load balancers of most clouds.
 */
export const maxSilenceSeconds = 50;
/** Of `?until=final` alone: within the time-outs of nearly every client. */
const defaultSeconds = 30;

/**
 * `null` where an answer is wanted at once. More than a minute counts as a minute. Throws `RequestError` for members of the query
 * string that mean nothing; a preference that means nothing is passed over, as its RFC demands.
 */
export function readWait(
  query: Readonly<Record<string, unknown>>,
  prefer: string | string[] | undefined,
): Wait | null {
  const { wait, until } = query;
  const details: Fault[] = [];
  if (wait !== undefined && !(typeof wait === 'string' && /^0*[1-9]\d{0,8}$/.test(wait)))
    details.push({ path: 'wait', message: `wait takes a whole number of seconds, 1 to ${maxSeconds}.` });
  if (until !== undefined && until !== 'final')
    details.push({ path: 'until', message: 'until takes final, or is left out.' });
  const [first] = details;
  if (first !== undefined) throw new RequestError('invalid_request', first.message, { details });

  const preferred = preferredSeconds(prefer);
  const byPreference = wait === undefined && preferred !== null;
  const seconds =
    wait === undefined ? (preferred ?? (until === undefined ? null : defaultSeconds)) : Number(wait);
  return seconds === null
    ? null
    : { seconds: Math.min(seconds, maxSeconds), untilFinal: until === 'final', byPreference };
}

function preferredSeconds(prefer: string | string[] | undefined): number | null {
  const [, , digits] = /(^|,)\s*wait\s*=\s*"?(0*[1-9]\d{0,8})"?\s*(;|,|$)/i.exec(String(prefer)) ?? [];
  return digits === undefined ? null : Number(digits);
}
