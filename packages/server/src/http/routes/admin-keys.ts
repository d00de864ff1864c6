// For the operator: API keys are listed, made, renamed, given an end and revoked. A secret is in one answer only, that of the
// call which made it. No call here takes away the last key that could undo it, and in open mode all are refused.

import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { KeyData, KeysData, NewKeyData } from '@plantain/client';
import { type Fault, RequestError } from '../../core/errors.ts';
import type { ApiKey, KeyChange, KeyStore } from '../../core/keys/key-store.ts';
import { type Caller, maxKeyNameLength, newSecret, openCaller, storeKey } from '../../core/keys/keys.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { keyData } from '../views/key-view.ts';
import type { BodyReader } from '../body/read-body.ts';
import { readMembers } from './admin-members.ts';
import { adminOnly } from './admin-only.ts';

export interface AdminKeysParts {
  authorize: Authorize;
  bodies: BodyReader;
  store: Pick<KeyStore, 'insertKey' | 'changeKey' | 'findKey' | 'listKeys'>;
  /** The key that the settings name: it is theirs to change. */
  isFromSettings: (key: ApiKey) => boolean;
  clock: Clock;
}

const path = '/api/admin/keys';
const maxBodyBytes = 16_384;
/** The year 10680, as for all times that are taken. */
const latestSeconds = 2 ** 38;

const nameRule = `must have 1 to ${maxKeyNameLength} characters`;
const name = z.string('must be a string').trim().min(1, nameRule).max(maxKeyNameLength, nameRule);
const wholeNumber = (fault: string) =>
  z.preprocess((value) => (typeof value === 'string' ? Number(value || Number.NaN) : value), z.int(fault));
const expiresAt = (now: number) =>
  wholeNumber('must be a Unix time in seconds').pipe(
    z
      .int()
      .min(Math.floor(now / 1000) + 1, 'must lie ahead')
      .max(latestSeconds, 'must be a Unix time in seconds'),
  );

/** What makes a key; `now` in Unix milliseconds, as an end has to lie ahead. */
export const newKeyMembers = (now: number) => {
  const most = latestSeconds - Math.ceil(now / 1000);
  const rule = `must be a whole number from 1 to ${most}`;
  return z.strictObject({
    name,
    role: z.enum(['user', 'admin'], 'must be user or admin').default('user'),
    expires_at: expiresAt(now).nullish(),
    expires_in_seconds: wholeNumber(rule).pipe(z.int().min(1, rule).max(most, rule)).nullish(),
  });
};
/** What changes one. */
export const keyChangeMembers = (now: number) =>
  z.strictObject({ name: name.optional(), expires_at: expiresAt(now).nullish() });

type OfOne = FastifyRequest<{ Params: { id: string } }>;

/** Admits nobody in open mode: a key that is made there would open the server long after it asks for keys again. */
function keyManager(authorize: Authorize): (header: string | undefined) => Caller {
  const admitAdmin = adminOnly(authorize);
  return (header) => {
    const caller = admitAdmin(header);
    if (caller === openCaller)
      throw new RequestError(
        'forbidden',
        'This server runs in open mode, where nobody has to show a key, so nobody may manage keys. Use plantain-server keys on its machine, or set auth (PLANTAIN_AUTH) to keys.',
      );
    return caller;
  };
}

export function adminKeysFace({ authorize, bodies, store, isFromSettings, clock }: AdminKeysParts): Face {
  const admit = keyManager(authorize);

  async function create(request: FastifyRequest, { keyId }: Caller): Promise<NewKeyData> {
    const now = clock.now();
    const given = await bodies.use(request.raw, { keyId, limit: maxBodyBytes }, async ({ fields }) => {
      const faults: Fault[] = [];
      if (fields['expires_at'] != null && fields['expires_in_seconds'] != null)
        faults.push({ path: 'expires_in_seconds', message: 'is not taken beside expires_at' });
      return readMembers(newKeyMembers(now), fields, faults);
    });
    const { expires_at: at, expires_in_seconds: lasts } = given;
    const end = at == null ? null : at * 1000;
    const secret = newSecret();
    const key = await storeKey(store, {
      secret,
      name: given.name,
      role: given.role,
      now,
      expiresAt: lasts == null ? end : now + lasts * 1000,
    });
    return { ...keyData(key), secret };
  }

  async function change(request: OfOne, { keyId }: Caller): Promise<KeyData> {
    const given = await bodies.use(request.raw, { keyId, limit: maxBodyBytes }, async ({ fields }) =>
      readMembers(keyChangeMembers(clock.now()), fields),
    );
    const { name: newName, expires_at: at } = given;
    return apply(request.params.id, {
      ...(newName === undefined ? {} : { name: newName }),
      ...(at === undefined ? {} : { expiresAt: at === null ? null : at * 1000 }),
    });
  }

  /** To revoke a key twice is no fault: it is as it was to be. */
  async function revoke(request: OfOne): Promise<KeyData> {
    const key = found(request.params.id);
    return key.revokedAt === null ? apply(key.id, { revokedAt: clock.now() }) : keyData(key);
  }

  function found(id: string): ApiKey {
    const key = store.findKey(id);
    if (key === null)
      throw new RequestError('not_found', `There is no key with this id. GET ${path} lists them.`);
    return key;
  }

  async function apply(id: string, wanted: KeyChange): Promise<KeyData> {
    if (isFromSettings(found(id)))
      throw new RequestError(
        'conflict',
        'This key is the admin_key of the settings. Change or remove it there and start the server anew; another one in its place revokes it.',
      );
    const changed = await store.changeKey(id, wanted, clock.now());
    if (changed === 'revoked')
      throw new RequestError('conflict', 'This key was revoked, which can’t be undone. Make a new one.');
    if (changed === 'last_admin')
      throw new RequestError(
        'conflict',
        'This is the last usable admin key: without it nobody could manage the server. Make another admin key first.',
      );
    return keyData(found(id));
  }

  return (app, answers) => {
    const answer =
      <Request extends FastifyRequest>(
        work: (request: Request, caller: Caller) => object | Promise<object>,
      ) =>
      async (request: Request, reply: FastifyReply) => {
        const caller = admit(request.headers.authorization);
        return answers.success(request, reply, JSON.stringify(await work(request, caller)));
      };
    app.get(
      path,
      answer((): KeysData => ({ keys: store.listKeys().map(keyData) })),
    );
    app.post(path, answer(create));
    app.patch(`${path}/:id`, answer(change));
    app.post(`${path}/:id/revoke`, answer(revoke));
    app.delete(`${path}/:id`, answer(revoke));
  };
}
