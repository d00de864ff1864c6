// Cost of telling other processes: small transactions of eight connections, a sync of 2 ms more, and somebody who listens.

import { startLoops } from '../../postgres/loops.ts';
import { interleave } from '../../processes.ts';
import { rateRow } from '../row.ts';
import type { MeasurePostgres } from './row.ts';

const size = 4;
const addedSyncMs = 2;
const least = 0.85;

export const measureNotify: MeasurePostgres = async ({ rounds, seconds, postgres }) => {
  const url = await postgres.createDatabase({ addedSyncMs });
  const loops = startLoops();
  const loaded = (notify: 'never' | 'coalesced' | 'inside') =>
    loops.loaded(
      { loop: 'notifying-inserts', url, seconds: seconds / 2, size, notify },
      postgres.processorMs,
    );
  try {
    const coalesced = await interleave(rounds, loaded('coalesced'), loaded('never'));
    const inside = await interleave(rounds, loaded('coalesced'), loaded('inside'));
    return [
      rateRow('rows committed, others told soon after', 'nobody told', coalesced, least),
      rateRow('rows committed, others told soon after', 'others told within each transaction', inside, 1),
    ];
  } finally {
    loops.end();
  }
};
