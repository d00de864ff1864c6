// Keys and owners that the settings declare, and their reconciliation with those in the store at a start. What was declared is stored, so
// that a server whose settings declare something else is found before it revokes what another server made.

import { randomUUID } from 'node:crypto';
import type { Act, AuditedAct } from '../audit/audit.ts';
import { StartRefusedError } from '../errors.ts';
import type { LimitedChange } from '../limits/change-limited.ts';
import type { Limited } from '../limits/limits.ts';
import type { Owner, OwnerStore } from '../owners/owner-store.ts';
import type { ApiKey, FoundKey, KeyStore } from './key-store.ts';
import { newKey } from './keys.ts';
import { type Declaration, type DeclarationStore, isSameDeclarations } from './declaration-store.ts';

/** Mark of the admin key of the settings, in place of the id of a declared key. No declared key can be called so. */
export const adminKeyMark = 'settings:admin_key';

/**
 * Id of a row beside the declarations while nobody has made keys of them: its content is the start that wrote them, which may take them back. No
 * declared key can be called so.
 */
const claimMark = 'settings:claim';

export interface DeclaredOwner extends Pick<Owner, 'name' | 'weight' | 'shared'>, Limited {
  /** Id in the settings. */
  id: string;
}

export interface DeclaredKey
  extends Pick<ApiKey, 'name' | 'scopes' | 'models' | 'networks' | 'priorityMax' | 'expiresAt'>, Limited {
  /** Id in the settings. */
  id: string;
  /** SHA-256 of its secret, in hex. */
  hash: string;
  /** Id in the settings of its owner; `null` for a key that is its own. */
  owner: string | null;
}

/** Declared key that was revoked: its id in the settings and in the store. */
export interface RevokedKey {
  id: string;
  keyId: string;
}

export interface DeclaredAccess {
  owners: readonly DeclaredOwner[];
  keys: readonly DeclaredKey[];
}

/** Gives the id in the store of an owner that the settings declare. */
export const declaredOwnerId = (id: string): string => `own_${id}`;

type Store = DeclarationStore &
  OwnerStore &
  Pick<
    KeyStore,
    'insertKey' | 'changeKey' | 'rollKey' | 'revokeKey' | 'findKey' | 'findKeyByHash' | 'listKeys'
  >;

export interface ClaimedDeclarations {
  /**
   * Makes the keys and owners in the store those that are declared; a key that no longer is declared is revoked, an owner stays. Gives the
   * declared keys that were revoked, which stay so. Rejects with `StartRefusedError` where a key can't be made, or another server has claimed
   * other declarations meanwhile.
   */
  reconcile(now: number): Promise<RevokedKey[]>;
  /** Takes the claim back, for a start that fails, unless another start has made keys of the same meanwhile. */
  giveUp(): Promise<void>;
}

/** Rejects with `StartRefusedError` where other keys or owners were declared before. */
export async function checkDeclared(
  store: Pick<DeclarationStore, 'readDeclarations'>,
  declared: DeclaredAccess,
): Promise<void> {
  const before = withoutMark(await store.readDeclarations());
  if (before.length > 0) refuseOthers(before, declarationsOf(declared));
}

/**
 * Stores what is declared, before anything is made of it: of two servers that start at once and declare different things, the second finds the
 * first. Rejects with `StartRefusedError` there, and where other keys or owners were declared before, unless that is accepted.
 */
export async function claimDeclared(
  store: Store,
  declared: DeclaredAccess,
  { accepts }: { accepts: boolean },
): Promise<ClaimedDeclarations> {
  const stored = await store.readDeclarations();
  const before = withoutMark(stored);
  const wanted = declarationsOf(declared);
  if (!accepts && before.length > 0) refuseOthers(before, wanted);
  const marked: Declaration[] = [...wanted, { kind: 'key', id: claimMark, content: randomUUID() }];
  const claims = !isSameDeclarations(before, wanted);
  if (claims && !(await store.writeDeclarationsIfStill(stored, marked)))
    refuseOthers(withoutMark(await store.readDeclarations()), wanted);
  return {
    async reconcile(now) {
      const revoked = await reconcileDeclared(store, declared, now, () => refuseIfTaken(store, wanted));
      while (!(await confirm(store, wanted)));
      return revoked;
    },
    async giveUp() {
      // Not where another start has confirmed it, or claimed something else.
      if (claims) await store.writeDeclarationsIfStill(marked, stored);
    },
  };
}

const withoutMark = (stored: readonly Declaration[]) => stored.filter(({ id }) => id !== claimMark);

/** Rejects with `StartRefusedError` where another start has claimed other declarations; gives what is stored. */
async function refuseIfTaken(
  store: Pick<DeclarationStore, 'readDeclarations'>,
  wanted: readonly Declaration[],
): Promise<Declaration[]> {
  const stored = await store.readDeclarations();
  // None are there where the start that had claimed the same has given up.
  if (stored.length > 0) refuseOthers(withoutMark(stored), wanted);
  return stored;
}

/** Takes the mark of a claim away, so that no start takes the declarations back. Gives `false` where others wrote meanwhile. */
async function confirm(store: DeclarationStore, wanted: readonly Declaration[]): Promise<boolean> {
  const stored = await refuseIfTaken(store, wanted);
  return isSameDeclarations(stored, wanted) || (await store.writeDeclarationsIfStill(stored, wanted));
}

async function reconcileDeclared(
  store: Store,
  declared: DeclaredAccess,
  now: number,
  beforeRevoking: () => Promise<unknown>,
): Promise<RevokedKey[]> {
  for (const owner of declared.owners) await reconcileOwner(store, owner, now);
  const ids = new Set(declared.keys.map(({ id }) => id));
  const keys = await store.listKeys();
  // After the list, which so has no key that a start made which claims something else from now on.
  await beforeRevoking();
  for (const key of keys)
    if (key.declaredAs !== null && key.declaredAs !== adminKeyMark && !ids.has(key.declaredAs))
      await store.revokeKey(key.id, now, byDeclaration('key.revoke', now));
  const revoked: RevokedKey[] = [];
  // Of a key that another server makes meanwhile the hash is found.
  const working = new Map(keys.flatMap((key) => (key.revokedAt === null ? [[key.declaredAs, key]] : [])));
  for (const key of declared.keys) {
    const current = working.get(key.id);
    // One that works was made anew with another secret: going back to the revoked one is a fault of the settings.
    const keyId = current === undefined ? await revokedKeyOf(store, key) : null;
    if (keyId === null) await reconcileKey(store, key, { current, now });
    else revoked.push({ id: key.id, keyId });
  }
  return revoked;
}

/** Gives the id of the key in the store of a declaration that was revoked, with the secret that is declared; `null` where there is none. */
async function revokedKeyOf(store: Store, { id, hash }: DeclaredKey): Promise<string | null> {
  const found = await store.findKeyByHash(Buffer.from(hash, 'hex'));
  return found === null || found.revokedAt === null || found.declaredAs !== id ? null : found.id;
}

function byDeclaration(act: Act, at: number): AuditedAct {
  return { act, who: 'declared', whoName: null, address: null, requestId: null, at };
}

function declarationsOf({ owners, keys }: DeclaredAccess): Declaration[] {
  const of = (kind: Declaration['kind'], some: readonly { id: string }[]) =>
    some.map((each) => ({ kind, id: each.id, content: JSON.stringify(each) }));
  return [...of('owner', owners), ...of('key', keys)];
}

/** Says of each declaration that differs where it does, and never shows a value. */
function differencesOf(before: readonly Declaration[], wanted: readonly Declaration[]): string[] {
  const nameOf = ({ kind, id }: Declaration) => `${kind}s.${id}`;
  const known = new Map(before.map((each) => [nameOf(each), each.content]));
  const now = new Map(wanted.map((each) => [nameOf(each), each.content]));
  const gone = [...known.keys()].filter((name) => !now.has(name)).map((name) => `${name} is missing here`);
  const others = [...now].flatMap(([name, content]) => {
    const earlier = known.get(name);
    if (earlier === undefined) return [`${name} is new here`];
    return earlier === content
      ? []
      : [`${name} differs in ${membersThatDiffer(earlier, content).join(', ')}`];
  });
  return [...gone, ...others];
}

function membersThatDiffer(earlier: string, later: string): string[] {
  const [one, other] = [earlier, later].map((text) => JSON.parse(text) as Record<string, unknown>);
  return Object.keys({ ...one, ...other }).filter(
    (name) => JSON.stringify(one?.[name]) !== JSON.stringify(other?.[name]),
  );
}

/** Throws `StartRefusedError` where the declarations in the store are others. */
function refuseOthers(stored: readonly Declaration[], wanted: readonly Declaration[]): void {
  const differences = differencesOf(stored, wanted);
  if (differences.length === 0) return;
  const list = differences.map((difference) => `  - ${difference}`).join('\n');
  throw new StartRefusedError(
    `The settings declare other keys or owners than those that the last server wrote:\n${list}\nGive all servers the same settings. If these are the right ones, start this server once with --accept-keys, which makes the keys and owners as they say here.`,
  );
}

async function reconcileOwner(store: Store, declared: DeclaredOwner, now: number): Promise<void> {
  const { id, name, weight, shared, limits, budget } = declared;
  const ownerId = declaredOwnerId(id);
  const found = await store.findOwner(ownerId);
  if (found?.deletedAt != null)
    throw new StartRefusedError(
      `The owner owners.${id} of the settings was deleted. Declare it under another id.`,
    );
  if (found === null) {
    const owner = { id: ownerId, name, weight, shared, createdAt: now, deletedAt: null };
    await store.insertOwner(owner, byDeclaration('owner.create', now), { limits, budget });
  } else {
    const limited = await limitedChangeTo(store, ownerId, { limits, budget });
    if (limited !== undefined || found.name !== name || found.weight !== weight || found.shared !== shared) {
      const change = { name, weight, shared, ...(limited === undefined ? {} : { limited }) };
      await store.changeOwner(ownerId, change, byDeclaration('owner.change', now));
    }
  }
}

/** Gives the change after which this and nothing else is set for an owner or a key; `undefined` where it is. */
async function limitedChangeTo(
  store: Store,
  id: string,
  { limits, budget }: Limited,
): Promise<LimitedChange | undefined> {
  const found = (await store.readLimited([id])).get(id) ?? { limits: {}, budget: null };
  if (JSON.stringify({ limits: found.limits, budget: found.budget }) === JSON.stringify({ limits, budget }))
    return undefined;
  const none = Object.fromEntries(Object.keys(found.limits).map((name) => [name, null]));
  return { limits: { ...none, ...limits }, budget };
}

interface Found {
  /** Key that works of the declaration, where the store has one. */
  current: ApiKey | undefined;
  now: number;
}

async function reconcileKey(store: Store, declared: DeclaredKey, { current, now }: Found): Promise<void> {
  const { id, name, scopes, models, networks, priorityMax, expiresAt, limits, budget } = declared;
  const ownerId = declared.owner === null ? null : declaredOwnerId(declared.owner);
  const keyId = await keyWithHash(store, declared, { ownerId, current, now });
  const limited = await limitedChangeTo(store, keyId, { limits, budget });
  const wanted = { declaredAs: id, ownerId, name, scopes, models, networks, priorityMax, expiresAt };
  const found = await store.findKey(keyId);
  if (found === null || (limited === undefined && isAsWanted(found, wanted))) return;
  const change = { ...wanted, ...(limited === undefined ? {} : { limited }) };
  const outcome = await store.changeKey(keyId, change, now, byDeclaration('key.change', now));
  if (outcome === 'last_admin')
    throw new StartRefusedError(
      `keys.${id} of the settings would end the last admin key that works. Make another admin key first.`,
    );
}

function isAsWanted(found: ApiKey, wanted: Partial<ApiKey>): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => JSON.stringify(found[name as keyof ApiKey]) === JSON.stringify(value),
  );
}

/** Says whose a declared hash is where it can't be that of the key which the store has for its declaration, or has not yet. */
function faultOf(found: FoundKey, current: ApiKey | undefined): string | null {
  if (found.revokedAt !== null) return `a key that was revoked, ${found.id}`;
  if (current !== undefined && current.id !== found.id) return `another key, ${found.id}`;
  return current === undefined && found.isReplaced ? `a secret that was replaced, of ${found.id}` : null;
}

/** Gives the id of the key in the store that has the declared secret, which is made where there is none. */
async function keyWithHash(
  store: Store,
  declared: DeclaredKey,
  { ownerId, current, now }: Found & { ownerId: string | null },
): Promise<string> {
  const hash = Buffer.from(declared.hash, 'hex');
  const found = await store.findKeyByHash(hash);
  const whose = found === null ? null : faultOf(found, current);
  if (whose !== null)
    throw new StartRefusedError(
      `The hash of keys.${declared.id} of the settings is that of ${whose}. Draw another secret for it.`,
    );
  // With a secret that it had before it is given that again.
  if (found !== null && found.isReplaced === undefined) return found.id;
  if (current !== undefined) {
    // The secret before ends at once: who wants an overlap declares two keys.
    await store.rollKey(current.id, { hash, hint: '', previousUntil: now }, byDeclaration('key.roll', now));
    return current.id;
  }
  const { name, scopes, models, networks, priorityMax, expiresAt, limits, budget } = declared;
  const rights = { ownerId, scopes, models, networks, priorityMax, expiresAt };
  const key = newKey({ name, ...rights, declaredAs: declared.id, now });
  const isNew = await store.insertKey(key, hash, byDeclaration('key.create', now), { limits, budget });
  // Another server that starts may have made it just before.
  return isNew ? key.id : ((await store.findKeyByHash(hash))?.id ?? key.id);
}
