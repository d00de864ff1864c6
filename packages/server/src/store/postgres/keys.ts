// Statements of the API keys.

import { type AuditedAct, changedNothing } from '../../core/audit/audit.ts';
import type { LimitedTurn } from '../../core/audit/owner-entry.ts';
import { keyEntry } from '../../core/audit/key-entry.ts';
import type {
  ApiKey,
  KeyChange,
  KeyChanged,
  KeyRolled,
  KeyStore,
  KeyUse,
  RolledSecret,
} from '../../core/keys/key-store.ts';
import { changedKey, leftOwner } from '../../core/keys/change-key.ts';
import type { LimitedChange } from '../../core/limits/change-limited.ts';
import { changeLimited } from './owners.ts';
import { foundKeyColumns, keyColumns, keyJson, toFoundKey } from '../rows.ts';
import { appendAudit } from './audit.ts';
import { lockFor, locks } from './database/locks.ts';
import { rowParameters } from './database/parameters.ts';
import type { Query } from './database/statements.ts';
import { fromColumn, toColumn } from './database/text.ts';
import { deleteSignIns } from './sessions/sessions.ts';
import { toStoredKey, withName } from './stored-key.ts';
import { oneByOne, type Transaction, type WriteAll, type Writer } from './database/writer.ts';

export function createKeys(query: Query, { write }: Pick<Writer, 'write'>): Omit<KeyStore, 'findKeyNow'> {
  return {
    insertKey: (key, hash, audited, limited) => write(insertKey, [key, hash, audited, limited]),
    insertFirstKey: (key, hash, audited) => write(insertFirstKey, [key, hash, audited]),
    revokeKey: (id, at, audited) => write(revokeKey, [toColumn(id), at, audited]),
    changeKey: (id, change, now, audited) => write(changeKey, [id, change, now, audited]),
    async findKey(id) {
      const [row] = await query(`SELECT ${keyColumns} FROM api_keys WHERE id = $1`, [toColumn(id)]);
      return row === undefined ? null : toStoredKey(row);
    },
    rollKey: (id, secret, audited) => write(rollKey, [toColumn(id), secret, audited]),
    noteKeyUses: (uses) => write(noteKeyUses, uses),
    async findKeyByHash(hash) {
      const [row] = await query(keyByHash, [Buffer.from(hash)]);
      return row === undefined ? null : withName(toFoundKey(row));
    },
    async endedSecrets(hashes, now) {
      const rows = await query(endedSecrets, [hashes.map((hash) => Buffer.from(hash)), now]);
      return rows.map(({ hash }) => hash as Buffer);
    },
    async endedKeys(ids, now) {
      const rows = await query(
        'SELECT id FROM api_keys WHERE id = ANY ($1::text[]) AND (revoked_at IS NOT NULL OR expires_at <= $2) ORDER BY id',
        [ids.map(toColumn), now],
      );
      return rows.map(({ id }) => fromColumn(String(id)));
    },
    listKeys: async () =>
      (await query(`SELECT ${keyColumns} FROM api_keys ORDER BY created_at, id`)).map(toStoredKey),
  };
}

/** Two searches, each by its index. */
const keyByHash = `SELECT ${foundKeyColumns}, 0 AS "isPrevious" FROM api_keys WHERE hash = $1
  UNION ALL SELECT ${foundKeyColumns}, 1 FROM api_keys WHERE previous_hash = $1 LIMIT 1`;

const endedSecrets = `
  SELECT asked.hash FROM unnest($1::bytea[]) AS asked (hash) WHERE NOT EXISTS (
    SELECT FROM api_keys k WHERE (k.hash = asked.hash OR k.previous_hash = asked.hash AND k.previous_until > $2)
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2))`;

async function insert(
  query: Query,
  key: ApiKey,
  hash: Uint8Array,
  { audited, limited }: { audited?: AuditedAct | undefined; limited?: LimitedChange | undefined },
): Promise<boolean> {
  const { id, ownerId, name, role, priorityMax, declaredAs, hint, createdAt, expiresAt, revokedAt } = key;
  const { scopes, models, networks } = keyJson(key);
  const shown = [toColumn(name), role, scopes, models, networks, priorityMax, declaredAs, hint];
  const rows = await query(
    `INSERT INTO api_keys (id, owner_id, hash, name, role, scopes, models, networks, priority_max, declared_as, hint, created_at, expires_at, revoked_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 WHERE NOT EXISTS (SELECT FROM api_keys WHERE previous_hash = $3)
     ON CONFLICT DO NOTHING RETURNING id`,
    [id, ownerId, Buffer.from(hash), ...shown, createdAt, expiresAt, revokedAt],
  );
  if (rows.length === 0) return false;
  const turn = limited === undefined ? null : await changeLimited(query, id, limited);
  await note(query, audited, { before: null, after: key, turn });
  return true;
}

interface KeyTurn {
  before: ApiKey | null;
  after: ApiKey;
  /** Of what is set for the key. */
  turn?: LimitedTurn | null;
}

async function note(query: Query, audited: AuditedAct | undefined, { before, after, turn }: KeyTurn) {
  if (audited === undefined) return;
  const entry = keyEntry(audited, before, after, turn);
  if (audited.act !== 'key.change' || !changedNothing(entry)) await appendAudit(query, entry);
}

const insertKey = oneByOne(
  ({ query }: Transaction, key: ApiKey, hash: Uint8Array, audited?: AuditedAct, limited?: LimitedChange) =>
    insert(query, key, hash, { audited, limited }),
);

const insertFirstKey = oneByOne(
  async ({ query }: Transaction, key: ApiKey, hash: Uint8Array, audited?: AuditedAct) => {
    await lockFor(query, locks.firstKey);
    const [first] = await query('SELECT id FROM api_keys LIMIT 1');
    return first === undefined && (await insert(query, key, hash, { audited }));
  },
);

const revokeKey = oneByOne(async ({ query }: Transaction, id: string, at: number, audited?: AuditedAct) => {
  const [row] = await query(
    `UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING ${keyColumns}`,
    [id, at],
  );
  if (row === undefined) return false;
  const after = toStoredKey(row);
  await note(query, audited, { before: { ...after, revokedAt: null }, after });
  return true;
});

const changeKey = oneByOne(
  async (
    { query }: Transaction,
    id: string,
    change: KeyChange,
    now: number,
    audited?: AuditedAct,
  ): Promise<KeyChanged> => {
    // All keys are locked, in one order: of two changes that would each leave the other's admin key, one comes second and is refused.
    const keys = (await query(`SELECT ${keyColumns} FROM api_keys ORDER BY id FOR UPDATE`)).map(toStoredKey);
    const changed = changedKey(keys, id, change, now);
    if (typeof changed === 'string') return changed;
    const before = keys.find((key) => key.id === id)!;
    const left = leftOwner(before, changed);
    if (left !== null)
      await query('INSERT INTO earlier_owners (key_id, owner_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        id,
        left,
      ]);
    const { ownerId, name, role, priorityMax, declaredAs, expiresAt, revokedAt } = changed;
    const { scopes, models, networks } = keyJson(changed);
    await query(
      `UPDATE api_keys SET owner_id = $2, name = $3, role = $4, scopes = $5, models = $6, networks = $7, priority_max = $8, expires_at = $9,
         revoked_at = $10, declared_as = $11 WHERE id = $1`,
      [
        id,
        ownerId,
        toColumn(name),
        role,
        scopes,
        models,
        networks,
        priorityMax,
        expiresAt,
        revokedAt,
        declaredAs,
      ],
    );
    const turn = change.limited === undefined ? null : await changeLimited(query, id, change.limited);
    await note(query, audited, { before, after: changed, turn });
    return 'changed';
  },
);

const rollKey = oneByOne(
  async (
    { query }: Transaction,
    id: string,
    secret: RolledSecret,
    audited?: AuditedAct,
  ): Promise<KeyRolled> => {
    const { hash, hint, previousUntil, keptSession } = secret;
    const [before] = await query(`SELECT ${keyColumns} FROM api_keys WHERE id = $1 FOR UPDATE`, [id]);
    if (before === undefined) return 'unknown';
    const [after] = await query(
      `UPDATE api_keys SET previous_hash = hash, previous_until = $2, hash = $3, hint = $4
       WHERE id = $1 AND revoked_at IS NULL RETURNING ${keyColumns}`,
      [id, previousUntil, Buffer.from(hash), hint],
    );
    if (after === undefined) return 'revoked';
    await deleteSignIns(query, id, keptSession);
    await note(query, audited, { before: toStoredKey(before), after: toStoredKey(after) });
    return 'rolled';
  },
);

const used = rowParameters<KeyUse>({
  key_id: ['text', ({ keyId }) => toColumn(keyId)],
  at: ['bigint', ({ at }) => at],
});

/** In the order of the ids, so that two processes don't wait for each other. */
const noteUses = `UPDATE api_keys SET last_used_at = greatest(last_used_at, noted.at)
  FROM (SELECT k.id, asked.at FROM ${used.table} JOIN api_keys k ON k.id = asked.key_id ORDER BY k.id FOR UPDATE OF k) AS noted
  WHERE api_keys.id = noted.id`;

const noteKeyUses: WriteAll<readonly KeyUse[], void> = async ({ query }, all) => {
  const latest = new Map<string, number>();
  for (const { keyId, at } of all.flat()) latest.set(keyId, Math.max(at, latest.get(keyId) ?? 0));
  await query(noteUses, used.of([...latest].map(([keyId, at]) => ({ keyId, at }))));
  return all.map(() => undefined);
};
