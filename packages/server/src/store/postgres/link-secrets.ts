// The secrets that sign links to pictures, for all processes alike: a link that one gives is believed by every other.

import { randomBytes } from 'node:crypto';
import { type LinkSecrets, secretBytes } from '../../core/pictures/link-secrets.ts';
import type { Database } from './database/database.ts';
import { lockFor, locks } from './database/locks.ts';
import type { Query } from './database/statements.ts';

/** Reads the secrets; draws the first one where there is none. */
export function loadOrCreateLinkSecrets({
  transaction,
}: Pick<Database, 'transaction'>): Promise<LinkSecrets> {
  return transaction(async (query) => {
    await lockFor(query, locks.linkSecrets);
    const known = await readSecrets(query);
    if (known !== null) return known;
    const secret = randomBytes(secretBytes);
    await query('INSERT INTO link_secrets (made, secret) VALUES (1, $1)', [secret]);
    return { secret, previous: null };
  });
}

/** Stores secrets that come from elsewhere, where there is none. */
export async function storeSecrets(query: Query, { previous, secret }: LinkSecrets): Promise<void> {
  await lockFor(query, locks.linkSecrets);
  const secrets = previous === null ? [secret] : [previous, secret];
  for (const [index, each] of secrets.entries())
    await query('INSERT INTO link_secrets (made, secret) VALUES ($1, $2)', [index + 1, Buffer.from(each)]);
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

/** Reads the secrets; `null` where none was drawn. */
export async function readSecrets(query: Query): Promise<LinkSecrets | null> {
  const [latest, previous] = await query('SELECT secret FROM link_secrets ORDER BY made DESC LIMIT 2');
  if (latest === undefined) return null;
  return {
    secret: latest['secret'] as Uint8Array,
    previous: (previous?.['secret'] as Uint8Array | undefined) ?? null,
  };
}
