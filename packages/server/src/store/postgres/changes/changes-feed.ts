// How processes hear of each other's changes: after its commits a process sends a notification, which carries only its name, and whoever
// hears it reads what has changed; and so does each process every second, whatever it heard.

import { randomUUID } from 'node:crypto';
import type { Changes } from '../../../core/tasks/changes.ts';
import { startInterval, type StartTimer } from '../../../lib/timers.ts';
import { createSpaced } from '../../../lib/turns/spaced.ts';
import type { Database } from '../database/database.ts';
import { createFollower } from './follow-changes.ts';
import type { Horizon } from './horizon.ts';
import { channel, listenTo } from './listener.ts';

export interface ChangesFeed {
  /** Notifies of what others have changed since the last time; the first time, it begins. Resolves when that is done. */
  follow(): Promise<void>;
  /** Tells the other processes, soon, that this one has changed tasks. */
  tell(): void;
  /** Ends when the others were told of the last changes. */
  close(): Promise<void>;
}

interface FeedParts {
  database: Database;
  horizon: Horizon;
  changes: Pick<Changes, 'notify' | 'missed'>;
  /** Address for the connection that listens; `null` where none can. */
  listenUrl: string | null;
  startTimer: StartTimer;
  /** Called with each message of a server. */
  onMessage?: (text: string) => void;
  /** Called where the connection that listens leads to a pooler. */
  onPooled: (() => void) | undefined;
}

const pollMs = 1_000;
/** Between two notifications: each takes a lock that all commits with one take. */
const tellMs = 10;
/** Between two reads of changes that were heard of: with many servers there is always somebody who tells. */
const readMs = 10;
/** Between two reads where only this process has told: its own listeners were told before. */
const readOwnMs = 100;
const forgetMs = 60_000;

export function createChangesFeed({
  database,
  horizon,
  changes,
  listenUrl,
  startTimer,
  onMessage,
  onPooled,
}: FeedParts): ChangesFeed {
  const { query } = database;
  const follower = createFollower({ database, horizon, startTimer, changes });
  const follow = () => void follower.follow();
  const name = randomUUID();
  const heard = createSpaced(follow, readMs, startTimer);
  const heardOwn = createSpaced(follow, readOwnMs, startTimer);
  // A change of its own that was withheld is read as soon as others' are.
  const onNews = (from: string) => (from === name && !horizon.isWithholding() ? heardOwn : heard).ask();
  const listener =
    listenUrl === null ? undefined : listenTo(listenUrl, { onNews, onMessage, onPooled }, startTimer);
  const teller = createTeller(() => query(tellOthers, [name]), startTimer);
  const stops = [
    startInterval(startTimer, follow, pollMs),
    startInterval(startTimer, () => void query(forgetOld).catch(() => {}), forgetMs),
  ];
  follow();
  return {
    follow: follower.follow,
    tell: teller.tell,
    async close() {
      for (const stop of stops) stop();
      listener?.close();
      heard.stop();
      heardOwn.stop();
      await Promise.all([teller.close(), follower.close()]);
    },
  };
}

/** Notification that no other process waits for the disk of: a crash may lose it. */
const tellOthers = `SELECT set_config('synchronous_commit', 'off', true), pg_notify('${channel}', $1)`;

/** Processes that heard nothing for so long begin anew. */
const forgetOld = `
  DELETE FROM silent_changes WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM silent_changes WHERE told_at < now() - interval '10 minutes' ORDER BY told_at LIMIT 50000 FOR UPDATE SKIP LOCKED))`;

function createTeller(tellNow: () => Promise<unknown>, startTimer: StartTimer) {
  const send = async () => void (await tellNow().catch(() => {}));
  const spaced = createSpaced(() => void send(), tellMs, startTimer);
  return {
    tell: spaced.ask,
    async close() {
      if (spaced.stop()) await send();
    },
  };
}
