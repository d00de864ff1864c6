// The time by the `Date` headers of answers from outside (RFC 9110, section 6.6.1), against which this machine's clock is held.

import type { Transport } from '../../upstreams/transport.ts';
import { advice, fault, fine, type Finding } from './finding.ts';

export interface OutsideTime {
  host: string;
  /** Milliseconds by which that clock is ahead of this machine's: the bounds, as the header has whole seconds and the way takes time. */
  aheadMs: { least: number; most: number };
}

/** Difference of the clocks beyond which a person notices it. */
const toleratedMs = 5_000;
/** Beyond it much of the five minutes is gone in which receivers believe a webhook (Standard Webhooks). */
const tooFarMs = 60_000;

/** Hands the time of each answer to `note`. */
export function noteTimes(
  transport: Transport,
  now: () => number,
  note: (time: OutsideTime) => void,
): Transport {
  return {
    ...transport,
    async send(call) {
      const sentAt = now();
      const answer = await transport.send(call);
      const time = readTime(answer.headers, { sentAt, receivedAt: now() });
      if (time !== null) note({ host: call.url.host, aheadMs: time });
      return answer;
    },
  };
}

/** Gives the bounds; `null` for an answer without a date, or one that a cache has stored. */
export function readTime(
  { date, age }: { date?: string | string[] | undefined; age?: string | string[] | undefined },
  { sentAt, receivedAt }: { sentAt: number; receivedAt: number },
): OutsideTime['aheadMs'] | null {
  if (typeof date !== 'string' || !/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(date)) return null;
  const at = Date.parse(date);
  if (Number.isNaN(at) || (age !== undefined && age !== '0')) return null;
  // Written at some time between, in the second that it names.
  return { least: at - receivedAt, most: at + 1_000 - sentAt };
}

/** Believes the clock that is nearest to this machine's: where one agrees, another is wrong itself. */
export function checkOutsideTime(times: readonly OutsideTime[]): Finding {
  const [nearest] = times
    .map(({ host, aheadMs }) => ({ host, aheadMs: distance(aheadMs) }))
    .toSorted((one, other) => Math.abs(one.aheadMs) - Math.abs(other.aheadMs));
  if (nearest === undefined)
    return fine('clock', 'no answer from outside said what time it is, so it was not held against another');
  const { host, aheadMs } = nearest;
  const offMs = Math.abs(aheadMs);
  if (offMs <= toleratedMs) return fine('clock', `it agrees with that of ${host}`);
  const says = `it is ${inWords(offMs)} ${aheadMs > 0 ? 'behind' : 'ahead of'} that of ${host}`;
  const mend = 'Have the machine fetch the time (systemd-timesyncd, chrony).';
  return offMs > tooFarMs
    ? fault(
        'clock',
        `${says}: receivers may refuse webhooks and buckets calls, and links end at the wrong time`,
        mend,
      )
    : advice('clock', says, mend);
}

const distance = ({ least, most }: OutsideTime['aheadMs']): number => (least > 0 ? least : Math.min(most, 0));

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}
