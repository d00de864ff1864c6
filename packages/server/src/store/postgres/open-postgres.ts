// Opening of the store on PostgreSQL with what lies beside it: brings the schema up to date, takes the database for this server where it is to be
// alone, and reads the secrets of links. A database that is away may come later; one that has to be mended refuses the start.

import { StartRefusedError } from '../../core/errors.ts';
import type { Messages } from '../../core/nodes/messages.ts';
import type { NodeStore } from '../../core/nodes/nodes.ts';
import type { LinkSecrets } from '../../core/pictures/link-secrets.ts';
import { pause, startSystemTimer } from '../../lib/timers.ts';
import type { AwayAtStart, DatabaseListeners, Store } from '../store.ts';
import { nameOfDatabase } from './database/address.ts';
import type { Database } from './database/database.ts';
import { awayWords, mayComeBack, messageOf, toStartRefusal } from './database/faults.ts';
import type { LastingConnection } from './database/lasting-connection.ts';
import { migrateAt } from './database/migrate.ts';
import { createKnownLinkSecrets } from './link-secrets.ts';
import { createDatabaseTime } from './database-time.ts';
import { createNodes } from './nodes.ts';
import { claimDatabase } from './only-server.ts';
import { createPostgresStore, type PostgresOptions } from './postgres-store.ts';
import { watchSchema } from './schema-watch.ts';

export interface OpenedPostgres {
  store: Store;
  /** The database's clock: Unix milliseconds. */
  time: () => number;
  nodes: NodeStore;
  messages: Messages;
  /** `null` while they are unknown. */
  linkSecrets: () => LinkSecrets | null;
  databaseBytes: () => Promise<number>;
  /** `null` where the store was opened. */
  away: AwayAtStart | null;
}

const retryMs = 1_000;

/**
 * Opens the store and what lies beside it, bringing the schema up to date first. Throws `StartRefusedError` for the schema of a newer
 * version, and where the operator has to mend something. It claims the database, `alone` or with other servers: throws `StartRefusedError` where
 * that is another's, and calls `onTaken` when another has taken it later, or has changed its schema.
 */
export async function openPostgres(options: OpenOptions): Promise<OpenedPostgres> {
  const { url, onTaken, startTimer = startSystemTimer } = options;
  const { store, database, feed, messages, presence } = createListened(options);
  const time = createDatabaseTime({ query: database.query, startTimer });
  const closing = new AbortController();
  const secrets = createKnownLinkSecrets(database, startTimer);
  let claim: LastingConnection | undefined;
  let stopWatching: (() => void) | undefined;

  /** Gives `null` where it is done, and why not while the database is away. May be called again then. */
  async function open(): Promise<string | null> {
    try {
      await migrateAt(url, options.onSchemaStep);
      await refuseUnsafeCommits(database, url);
      claim ??= await takeClaim(options);
      await time.measure();
      // Changes are heard of from now on, as reads from now on may be kept.
      await feed.follow();
      await secrets.load();
      stopWatching ??= watchSchema({ query: database.query, startTimer, onOutdated: onTaken });
      return null;
    } catch (error) {
      if (mayComeBack(error)) return awayWords(error, url);
      throw toStartRefusal(error, url);
    }
  }

  async function untilOpen(): Promise<void> {
    do await pause(startTimer, retryMs, closing.signal);
    while ((await open()) !== null);
    presence.back();
  }

  /** The claim is given up last: until then what the store does is this server's. */
  async function close(): Promise<void> {
    closing.abort();
    for (const each of [stopWatching, secrets.close, time.close]) each?.();
    await store.close();
    claim?.close();
  }

  try {
    const sentence = await open();
    presence.begin(sentence);
    return {
      store: { ...store, close },
      time: time.now,
      nodes: createNodes(database.query),
      messages,
      linkSecrets: secrets.current,
      databaseBytes: () => sizeOf(database),
      away: sentence === null ? null : { sentence, untilOpen },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Claims the database, where a lock can be held on it: a pooler that hands connections on holds none for anybody, so it is on a connection that lasts. */
async function takeClaim(options: OpenOptions): Promise<LastingConnection | undefined> {
  const { url, listenUrl = url, alone, onTaken, startTimer = startSystemTimer } = options;
  const lockUrl = listenUrl ?? (alone ? url : null);
  return lockUrl === null ? undefined : await claimDatabase({ url: lockUrl, alone, onTaken, startTimer });
}

type OpenOptions = ListenedOptions & { alone: boolean; onTaken: (error: Error) => void };
type ListenedOptions = Omit<PostgresOptions, 'listener' | 'onPooled'> & DatabaseListeners;

function createListened(options: ListenedOptions) {
  const { url, listenUrl = url } = options;
  const presence = createTelling(options);
  const opened = createPostgresStore({
    ...options,
    listener: {
      onAway: (error) => presence.away(awayWords(error, url)),
      onBack: presence.back,
      onRefused: (error) => options.onRefused(messageOf(error)),
    },
    // An address of its own was given by somebody who knows where it leads.
    ...(listenUrl === url ? { onPooled: once(options.onPooled) } : {}),
  });
  return { ...opened, presence };
}

/** Tells each time once that the database has gone, and is back. What is found out while the store is opened the start tells by itself. */
function createTelling({ onAway, onBack }: Pick<DatabaseListeners, 'onAway' | 'onBack'>) {
  let hasBegun = false;
  let isAway = false;
  function away(sentence: string): void {
    if (!hasBegun || isAway) return;
    isAway = true;
    onAway(sentence);
  }
  return {
    away,
    back() {
      if (isAway) onBack();
      isAway = false;
    },
    /** `sentence` says why the store could not be opened; `null` where it was. */
    begin(sentence: string | null) {
      hasBegun = true;
      if (sentence !== null) away(sentence);
    },
  };
}

/** With it off a commit is answered before it is on the disk, and a crash of the database would lose tasks that were accepted. */
async function refuseUnsafeCommits({ query }: Database, url: string): Promise<void> {
  const [row] = await query(`SELECT current_setting('synchronous_commit') AS setting`);
  if (row?.['setting'] !== 'off') return;
  throw new StartRefusedError(
    `The database ${nameOfDatabase(url)} has synchronous_commit = off, with which a crash of it loses tasks that were accepted. Set it on for the database, or for its user (ALTER DATABASE … SET synchronous_commit = on).`,
  );
}

async function sizeOf({ query }: Database): Promise<number> {
  const [row] = await query('SELECT pg_database_size(current_database()) AS bytes');
  return Number(row?.['bytes']);
}

function once(call: () => void): () => void {
  let isCalled = false;
  return () => {
    if (!isCalled) call();
    isCalled = true;
  };
}
