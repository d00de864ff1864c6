// Ends of deliveries without an attempt. Wherever several rows are changed they are locked in the order of their ids, lest two writes wait
// for each other.

import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';

/** Ends what waits for an endpoint. */
export async function endPending(
  query: Query,
  endpointId: string,
  at: number,
  reason: string,
): Promise<void> {
  await query(endingSql(`endpoint_id = $1 AND state = 'pending'`), [endpointId, at, toColumn(reason)]);
}

/** Ends a pending delivery. */
export async function endDelivery(query: Query, id: string, at: number, reason: string): Promise<void> {
  await query(endingSql(`id = $1 AND state = 'pending'`), [id, at, toColumn(reason)]);
}

function endingSql(which: string): string {
  return `UPDATE webhook_deliveries SET state = 'failed', finished_at = greatest(created_at, $2), reason = $3 WHERE id IN
    (SELECT id FROM webhook_deliveries WHERE ${which} ORDER BY id FOR NO KEY UPDATE)`;
}
