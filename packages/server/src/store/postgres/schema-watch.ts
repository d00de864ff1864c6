// Looks now and then whether another server has brought the schema to a version that this one can't work with.

import type { StartTimer } from '../../lib/timers.ts';
import { startInterval } from '../../lib/timers.ts';
import { migrations } from './database/migrations.ts';
import type { Query } from './database/statements.ts';

const everyMs = 5_000;

/** Calls `onOutdated` once, with a sentence, when this server has to end. Returns the function that ends the look. */
export function watchSchema({
  query,
  startTimer,
  onOutdated,
  known = migrations.length,
}: {
  query: Query;
  startTimer: StartTimer;
  onOutdated: (error: Error) => void;
  known?: number;
}): () => void {
  const stop = startInterval(startTimer, () => void look().catch(() => {}), everyMs);

  async function look(): Promise<void> {
    const [row] = await query('SELECT version, compatible_since FROM plantain_schema');
    if (row === undefined || (row['compatible_since'] as number) <= known) return;
    stop();
    onOutdated(
      new Error(
        `A newer Plantain has changed the database (schema ${String(row['version'])}) so that this version, which knows schema ${known}, can’t go on with it. Run the newer one here too.`,
      ),
    );
  }

  return stop;
}
