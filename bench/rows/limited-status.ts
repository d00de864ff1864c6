// Status queries of a key that is limited, against those of the key without limits: what it costs to count a query and to tell what is
// left. One server answers both, and the key's limits are set and taken away between the loads: of two servers, one may be some hundredths
// faster than the other from its start to its end.

import { interleave, load, type Measured, meterOf, startPlantain } from '../processes.ts';
import { key, publicUrl, seed } from '../seed.ts';
import { type MeasureRows, rateRow } from './row.ts';

const tasks = 10_000;
/**
 * Loads of each side in a pair. The difference is a hundredth or two, and a shared machine's speed changes by more from one second to the
 * next.
 */
const turns = 4;
/** The key that sets limits: those of the settings' key itself can't be changed. */
const adminKey = 'admin'.repeat(8);
/** More than can be asked. */
const limits = { submits_per_minute: 1_000_000, queries_per_minute: 20_000_000 };

export const measureLimitedStatus: MeasureRows = async ({ directory, rounds, seconds }) => {
  const { idsFile } = seed(directory, tasks);
  const server = await startPlantain({
    PLANTAIN_DATA_DIR: directory,
    PLANTAIN_ADMIN_KEY: adminKey,
    PLANTAIN_PUBLIC_URL: publicUrl,
  });
  let run = 0;
  const askWith = (limited: boolean) => async () => {
    await setLimits(server, limited ? limits : null);
    return load(server.url, Math.ceil(seconds / 3), 'query.lua', idsFile, key, String((run += 1)));
  };
  const sideOf = (limited: boolean) => ({ server: meterOf(server), load: askWith(limited) });
  const result = await interleave(rounds, sideOf(true), sideOf(false), turns);
  await server.end();
  const { least, most } = result.spread;
  const what = `status query of a key with limits; pairs from ${least.toFixed(2)} to ${most.toFixed(2)}`;
  return [rateRow(what, 'of the key without limits', result, 0.95)];
};

/** Sets the limits of the bench's key, and throws where the next query does not follow them. */
async function setLimits({ url }: Measured, wanted: object | null): Promise<void> {
  const changed = await fetch(`${url}/api/admin/keys/key_bench`, {
    method: 'PATCH',
    headers: { Authorization: adminKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ limits: wanted }),
  });
  if (!changed.ok) throw new Error(`The limits were not set: ${await changed.text()}`);
  const asked = await fetch(`${url}/api/models`, { headers: { Authorization: key } });
  const told = asked.headers.get('RateLimit');
  if ((told === null) !== (wanted === null)) throw new Error(`RateLimit is ${told ?? 'absent'}`);
}
