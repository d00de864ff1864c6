// The header `Idempotency-Key`, by which a submit that is sent twice makes one task.

import { PlantainError } from '../errors.ts';
import type { CallOptions } from '../request/call-options.ts';

export interface SubmitOptions extends CallOptions {
  /**
   * Name of this submit, 1 to 255 visible ASCII characters. By default it is random for each submit and shared by its retries; a key of
   * your own makes a submit safe to repeat after a crash of your program, too.
   */
  idempotencyKey?: string | undefined;
}

/** Makes the header. Throws `PlantainError` for a key that no header can carry. */
export function idempotency(key: string = randomKey()): Record<string, string> {
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new PlantainError('An idempotency key has 1 to 255 visible ASCII characters, such as a UUID.');
  return { 'Idempotency-Key': key };
}

/** Makes a key as random as a UUID. A page that came over plain http has no `crypto.randomUUID`. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
