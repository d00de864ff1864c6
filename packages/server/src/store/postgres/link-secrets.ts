// The secrets that sign links to pictures, for all processes alike: a link that one gives is believed by every other. Each looks every second
// whether they were changed, and signs with a new one only when all others have had the time to learn of it.

import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type LinkSecrets, secretBytes } from '../../core/pictures/link-secrets.ts';
import { startInterval, type StartTimer } from '../../lib/timers.ts';
import type { Row } from '../rows.ts';
import type { Database } from './database/database.ts';
import { lockFor, locks } from './database/locks.ts';
import type { Query } from './database/statements.ts';

export interface KnownLinkSecrets {
  /** Gives the secrets; another object where they have changed, and `null` while they are unknown. */
  current(): LinkSecrets | null;
  /** Reads the secrets for the first time, and draws one where there is none; from then on looks whether they were changed. */
  load(): Promise<void>;
  close(): void;
}

const lookMs = 1_000;

export function createKnownLinkSecrets(
  database: Pick<Database, 'query' | 'transaction'>,
  startTimer: StartTimer,
): KnownLinkSecrets {
  let known: LinkSecrets | null = null;
  let isClosed = false;
  let stop: (() => void) | undefined;

  async function look(): Promise<void> {
    const read = await readSecretsInUse(database.query);
    if (read !== null && !isDeepStrictEqual(read, known)) known = read;
  }
  return {
    current: () => known,
    async load() {
      known = await loadOrCreateLinkSecrets(database);
      if (isClosed) return;
      // The database may be away. There is another look in a second.
      stop ??= startInterval(startTimer, () => void look().catch(() => {}), lookMs);
    },
    close() {
      isClosed = true;
      stop?.();
    },
  };
}

/** Reads the secrets; draws the first one where there is none. */
export function loadOrCreateLinkSecrets({
  transaction,
}: Pick<Database, 'transaction'>): Promise<LinkSecrets> {
  return transaction(async (query) => {
    await lockFor(query, locks.linkSecrets);
    const known = await readSecretsInUse(query);
    if (known !== null) return known;
    const secret = randomBytes(secretBytes);
    await query('INSERT INTO link_secrets (made, secret) VALUES (1, $1)', [secret]);
    return { secret, previous: null };
  });
}

/** Stores secrets that come from elsewhere, where there is none: no process knows others. */
export async function storeSecrets(query: Query, { previous, secret }: LinkSecrets): Promise<void> {
  await lockFor(query, locks.linkSecrets);
  const secrets = previous === null ? [secret] : [previous, secret];
  for (const [index, each] of secrets.entries())
    await query(`INSERT INTO link_secrets (made, made_at, secret) VALUES ($1, 'epoch', $2)`, [
      index + 1,
      Buffer.from(each),
    ]);
}

/** Draws a new secret. The one before it is believed until the next rotation. */
export async function rotateLinkSecrets({ transaction }: Pick<Database, 'transaction'>): Promise<void> {
  await transaction(async (query) => {
    await lockFor(query, locks.linkSecrets);
    const secret = randomBytes(secretBytes);
    await query(
      'INSERT INTO link_secrets (made, secret) SELECT coalesce(max(made), 0) + 1, $1 FROM link_secrets',
      [secret],
    );
    await query('DELETE FROM link_secrets WHERE made < (SELECT max(made) - 1 FROM link_secrets)');
  });
}

/** Reads the secrets as they are stored; `null` where none was drawn. */
export async function readSecrets(query: Query): Promise<LinkSecrets | null> {
  const [latest, before] = await query(latestTwo);
  return latest === undefined ? null : toSecrets(latest, before);
}

/** The latest secret first, and whether all processes that can reach the database have learned of it. */
const latestTwo = `SELECT secret, made_at < now() - interval '5 seconds' AS is_known FROM link_secrets ORDER BY made DESC LIMIT 2`;

/** Reads the secrets as a server uses them: it signs with the one before while the latest is new. */
async function readSecretsInUse(query: Query): Promise<LinkSecrets | null> {
  const [latest, before] = await query(latestTwo);
  if (latest === undefined) return null;
  return before === undefined || latest['is_known'] === true
    ? toSecrets(latest, before)
    : toSecrets(before, latest);
}

function toSecrets(signing: Row, other: Row | undefined): LinkSecrets {
  return {
    secret: signing['secret'] as Uint8Array,
    previous: (other?.['secret'] as Uint8Array | undefined) ?? null,
  };
}
