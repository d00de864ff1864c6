// Findings in the records: keys and the time.

import type { Config } from '../../config/settings.ts';
import type { StateOnRecord } from '../../store/state-on-record.ts';
import { advice, fault, fine, type Finding } from './finding.ts';

export function checkKeys(
  {
    auth,
    admin_key: adminKey,
    declared,
  }: { auth: Config['auth']; admin_key: string | undefined; declared: number },
  state: StateOnRecord | null,
): Finding[] {
  if (auth === 'open') return [fine('keys', 'none are asked for, as auth is open')];
  if (adminKey !== undefined || declared > 0)
    return [fine('keys', 'the settings have keys, which each start provides')];
  if (state === null) return [fine('keys', 'none yet; the first start makes one and prints it')];
  return [
    state.usableKeys > 0
      ? fine('keys', `${state.usableKeys} work`)
      : fault(
          'keys',
          'none works: all are revoked or have expired',
          'Make one: npx plantain-server keys create --name admin --admin',
        ),
  ];
}

/** Earliest time that is believed: that of a machine which has not fetched the time is before. */
const oldestTime = Date.UTC(2020, 0, 1);
/** A task that has just been written has the time of another server's clock, or of this one before it was set. */
const toleratedMs = 5 * 60_000;
/** Beyond it, files of the picture store are taken to be older or newer than they are. */
const tooFarMs = 3_600_000;

export function checkClock(
  now: number,
  { state, aheadMs }: { state: StateOnRecord | null; aheadMs: number | null },
): Finding[] {
  const setIt = 'Have the machine fetch the time (systemd-timesyncd, chrony).';
  if (now < oldestTime)
    return [fault('clock', `it is ${new Date(now).toISOString()} by this machine, which can’t be`, setIt)];
  const off = Math.abs(aheadMs ?? 0);
  if (off > toleratedMs) {
    const says = `this machine’s clock is ${Math.round(off / 60_000)} minutes ${(aheadMs ?? 0) > 0 ? 'behind' : 'ahead of'} that of the database, by which all servers go`;
    return [off > tooFarMs ? fault('clock', says, setIt) : advice('clock', says, setIt)];
  }
  const ahead = (state?.latestAt ?? 0) - (now + (aheadMs ?? 0));
  if (ahead > toleratedMs)
    return [
      fault(
        'clock',
        `the latest task is from ${Math.round(ahead / 60_000)} minutes in the future: the clock was ahead then, or is behind now`,
        setIt,
      ),
    ];
  return [fine('clock', `${new Date(now).toISOString()}, which agrees with the records`)];
}
