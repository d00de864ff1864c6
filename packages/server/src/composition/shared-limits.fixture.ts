// Several nodes in one test: workers, each with a store of its own on one database, which call one upstream.

import { afterThisTest } from '../lib/ends.fixture.ts';
import { createLocalChanges } from '../core/tasks/changes.ts';
import type { Upstream, UpstreamResult } from '../core/upstreams/upstream.ts';
import { createDatabase } from '../store/postgres/database/store.fixture.ts';
import { createPostgresStore } from '../store/postgres/postgres-store.ts';
import { makeUpstream, result } from '../worker/test-upstream.fixture.ts';
import { openStore } from '../worker/worker.fixture.ts';

/** An empty database, and nodes on it. */
export async function openNodes<Count extends 1 | 2>(count: Count) {
  const { url, drop } = await createDatabase();
  afterThisTest(drop);
  const open = async () => {
    const changes = createLocalChanges();
    const { store, feed } = createPostgresStore({ url, changes });
    await feed.follow();
    return openStore({ store, changes });
  };
  const nodes = [];
  for (let index = 0; index < count; index += 1) nodes.push(await open());
  type Node = (typeof nodes)[number];
  return nodes as Count extends 1 ? [Node] : [Node, Node];
}

/** An upstream that counts the calls that are open at once. */
export function createBusyUpstream(callMs: number) {
  const seen = { open: 0, most: 0, calls: 0 };
  const upstream: Upstream = makeUpstream(async (): Promise<UpstreamResult> => {
    seen.calls += 1;
    seen.open += 1;
    seen.most = Math.max(seen.most, seen.open);
    await new Promise((resolve) => setTimeout(resolve, callMs));
    seen.open -= 1;
    return result;
  });
  return { upstream, seen };
}
