// Changes what waits for an endpoint after the endpoint itself was changed: in steps, as there may be millions, and each holds up others
// only for a moment. Whoever claims a delivery looks at its endpoint again, so nothing wrong is sent until the last step is done, or where
// one fails.

import { RequestError } from '../../../core/errors.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';
import { hasState } from '../found-by-id.ts';
import { oneByOne, type Transaction, type WriteAll, type Writer } from '../database/writer.ts';

export interface PendingOfEndpoint {
  /** Ends what waits for an endpoint that is off or gone. Resolves when the oldest are done; the others follow. */
  end(endpointId: string, at: number, reason: string): Promise<void>;
  /** Sends what waits for an endpoint to the URL that it has now. Resolves when the oldest are done; the others follow. */
  redirect(endpointId: string): Promise<void>;
}

/** A delivery behind which the next step begins. */
interface Cursor {
  createdAt: number;
  id: string;
}

/** Gives the last delivery that it went over; `null` where there is none, or the endpoint has changed again. */
type Step<Args extends unknown[]> = WriteAll<[Cursor, ...Args], Cursor | null>;

const rowsOfStep = 1_000;
const stepsAwaited = 3;

export function createPendingOfEndpoint({ write }: Pick<Writer, 'write'>): PendingOfEndpoint {
  async function walk<Args extends unknown[]>(step: Step<Args>, ...args: Args): Promise<void> {
    let cursor: Cursor | null = { createdAt: 0, id: '' };
    const goOn = async (steps: number) => {
      for (let done = 0; done < steps && cursor !== null; done += 1)
        cursor = await write(step, [cursor, ...args]);
    };
    await goOn(stepsAwaited);
    void goOn(Number.POSITIVE_INFINITY).catch(() => {});
  }
  return {
    end: (endpointId, at, reason) => walk(endStep, endpointId, at, toColumn(reason)).catch(leftToClaims),
    redirect: (endpointId) => walk(redirectStep, endpointId).catch(leftToClaims),
  };
}

/** The change of the endpoint is durable: that the database is away must not look like a fault of it. */
function leftToClaims(error: unknown): void {
  if (!(error instanceof RequestError && error.type === 'overloaded')) throw error;
}

const oldest = `oldest AS MATERIALIZED (
    SELECT created_at, id FROM webhook_deliveries WHERE endpoint_id = $1 AND state = 'pending' AND (created_at, id) > ($2, $3)
    ORDER BY created_at, id LIMIT ${rowsOfStep}),
  held AS MATERIALIZED (
    SELECT id FROM webhook_deliveries WHERE id = ANY (ARRAY(SELECT id FROM oldest)) AND ${hasState('pending')} ORDER BY id FOR NO KEY UPDATE)`;
const last = 'SELECT created_at, id FROM oldest ORDER BY created_at DESC, id DESC LIMIT 1';

const endSql = `WITH ${oldest},
  ended AS (
    UPDATE webhook_deliveries SET state = 'failed', finished_at = greatest(created_at, $4), reason = $5
    WHERE id = ANY (ARRAY(SELECT id FROM held)))
  ${last}`;

const redirectSql = `WITH ${oldest},
  redirected AS (UPDATE webhook_deliveries SET url = $4, host = $5 WHERE id = ANY (ARRAY(SELECT id FROM held)))
  ${last}`;

/** Locked as an endpoint is before its deliveries everywhere. */
const endpointSql = 'SELECT url, host, disabled_at FROM webhook_endpoints WHERE id = $1 FOR SHARE';

const endStep: Step<[endpointId: string, at: number, reason: string]> = oneByOne(
  async ({ query }: Transaction, cursor: Cursor, endpointId: string, at: number, reason: string) => {
    const [endpoint] = await query(endpointSql, [endpointId]);
    if (endpoint !== undefined && endpoint['disabled_at'] === null) return null;
    return await lastOf(query(endSql, [endpointId, cursor.createdAt, cursor.id, at, reason]));
  },
);

const redirectStep: Step<[endpointId: string]> = oneByOne(
  async ({ query }: Transaction, cursor: Cursor, endpointId: string) => {
    const [endpoint] = await query(endpointSql, [endpointId]);
    if (endpoint === undefined) return null;
    const { url, host } = endpoint;
    return await lastOf(query(redirectSql, [endpointId, cursor.createdAt, cursor.id, url, host]));
  },
);

async function lastOf(rows: ReturnType<Query>): Promise<Cursor | null> {
  const [row] = await rows;
  return row === undefined ? null : { createdAt: row['created_at'] as number, id: row['id'] as string };
}
