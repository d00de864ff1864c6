// Webhooks as fal sends them: the payload of fal, signed with Ed25519 over the ids, the time and the hash of the body
// (https://fal.ai/docs/documentation/model-apis/inference/webhooks). Receivers take the public keys from `/fal/rest/.well-known/jwks.json`.

import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';
import type { FormMessage } from '../../../core/webhooks/face-message.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import type { Links } from '../../views/task-view.ts';
import { refusalOfTask } from '../kit/face-scope.ts';
import type { FalKeys } from './answers.ts';
import { falForm } from './fal-form.ts';
import { linkedOutput } from './output.ts';

export interface FalSigningKeys {
  /** Gives 32 bytes for each secret of the server, first that which signs. Throws `RequestError` while they are not known. */
  keysFor: (purpose: string) => Uint8Array[];
}

const purpose = 'fal webhooks';
/** PKCS #8 before the 32 bytes of a private key for Ed25519: https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const beforeSeed = Buffer.from('302e020100300506032b657004220420', 'hex');

function privateKeys({ keysFor }: FalSigningKeys): KeyObject[] {
  return keysFor(purpose).map((seed) =>
    createPrivateKey({ key: Buffer.concat([beforeSeed, seed]), format: 'der', type: 'pkcs8' }),
  );
}

/** Gives the public keys: that of the secret that signs, and that of the one before, by which messages may be signed that are on their way. */
export function publicKeys(keys: FalSigningKeys): FalKeys {
  return {
    keys: privateKeys(keys).map((key) => {
      const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
      const kid = hash('sha256', x, 'base64url').slice(0, 12);
      return { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' };
    }),
  };
}

/** Makes the maker of messages. The id of the user is that of the API key. */
export function createFalMessages(keys: FalSigningKeys, links: Links): FormMessage {
  return (task, at) => {
    const { id, keyId, finishedAt } = task;
    // A task that is tried again by another API has its face still, and may tell of its start.
    if (finishedAt === null) return null;
    const ids = { request_id: id, gateway_request_id: id };
    const body = JSON.stringify({ ...ids, ...outcomeOf(task, links) });
    const timestamp = String(unixSeconds(at));
    const signed = [id, keyId, timestamp, hash('sha256', body)].join('\n');
    const [key] = privateKeys(keys);
    if (key === undefined) throw new Error('The server has no secret to sign with.');
    return {
      body,
      headers: {
        'X-Fal-Webhook-Request-Id': id,
        'X-Fal-Webhook-User-Id': keyId,
        'X-Fal-Webhook-Timestamp': timestamp,
        'X-Fal-Webhook-Signature': sign(null, Buffer.from(signed), key).toString('hex'),
      },
    };
  };
}

function outcomeOf(task: Parameters<FormMessage>[0], links: Links) {
  if (task.state === 'succeeded')
    return { status: 'OK', payload: linkedOutput(task, links), error: null } as const;
  const { status, body } = falForm.refuse(refusalOfTask(task, task.id));
  return { status: 'ERROR', payload: body, error: `Invalid status code: ${status}` } as const;
}
