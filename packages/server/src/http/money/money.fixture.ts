// For tests of money: a server whose pictures have prices, keys under budgets, and what the ledger has of them.

import type { LedgerEntry } from '../../core/ledger/ledger.ts';
import type { LimitFault, TaskData } from '@plantain/client';
import type { Upstream } from '../../core/upstreams/upstream.ts';
import { openTestLedger } from '../../store/test-store.fixture.ts';
import {
  type Answer,
  adminKey,
  isFinal,
  startServer,
  statusPath,
  type TestServer,
} from '../server.fixture.ts';

const file = `
prices:
  sandbox/nano-banana-2.1: { picture: 0.04 }
  sandbox/nano-banana-pro: { picture: 0.10 }
  sandbox/nano-banana: { picture: 0.04 }
  nb/dear: { picture: 0.07 }
selling_prices:
  nano-banana-pro: { 1K: 0.25 }
routes:
  unpriced: [{ upstream: nb, model: m }]
  nano-banana-2.1: [{ upstream: sandbox }]
  nano-banana-pro: [{ upstream: sandbox }]
  nano-banana: [{ upstream: sandbox }, { upstream: nb, model: dear }]
upstreams:
  sandbox:
  nb: { kind: nano-banana, base_url: 'http://127.0.0.1:9', key: x }
default_model: nano-banana-2.1
`;

type Body = { data: any; error: { type: string; details: LimitFault[] } };
export type Send = (path: string, body: unknown, key: string, method?: string) => Promise<Answer<Body>>;

export interface PaidServer extends TestServer {
  send: Send;
  /** Makes a key with a budget of so many micro-dollars, or with none. */
  keyWith(amount: number | null, more?: object): Promise<{ key: string; id: string }>;
  submitWith(key: string, body?: object, path?: string): Promise<Answer<Body>>;
  finalOf(id: string, key: string): Promise<TaskData>;
  /** Reads all that was entered for a key, in its order. */
  entriesOf(id: string): Promise<LedgerEntry[]>;
  /** Differences between what is stored of balances and tasks and the sums of the entries, as sentences would list them. */
  faults(): Promise<unknown[]>;
}

/** Starts a server with prices of 40,000 micro-dollars a picture, 250,000 for the model that is sold, and a model without any. */
export async function startPaidServer(
  upstream?: Pick<Upstream, 'name' | 'start'>,
  settings: Record<string, string> = {},
): Promise<PaidServer> {
  const server = await startServer(settings, { file, ...(upstream && { upstream }) });
  const send: Send = (path, body, key, method = 'POST') =>
    server.call(path, {
      method,
      key,
      ...(method === 'GET'
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  async function withLedger<Result>(use: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    const ledger = await openTestLedger(server.directory);
    try {
      return await use(ledger);
    } finally {
      await ledger.close();
    }
  }
  return {
    ...server,
    send,
    async keyWith(amount, more = {}) {
      const budget = amount === null ? null : { period: 'total', amount_micro_usd: amount };
      const { data } = (await send('/api/admin/keys', { name: 'k', budget, ...more }, adminKey)).body;
      return { key: data.secret, id: data.key_id };
    },
    submitWith: (key, body = {}, path = statusPath) => send(path, { prompt: 'a', ...body }, key),
    async finalOf(id, key) {
      for (;;) {
        const task = await server.task(id, key);
        if (isFinal(task)) return task;
      }
    },
    entriesOf: (subjectId) => withLedger((ledger) => ledger.listEntries({ subjectId, limit: 1_000 })),
    faults: () => withLedger((ledger) => ledger.findLedgerFaults(9)),
  };
}

type Ledger = Awaited<ReturnType<typeof openTestLedger>>;
