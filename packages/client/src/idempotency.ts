// What a submit is called, so that one that is sent twice makes one task: the header `Idempotency-Key`.

import type { CallOptions } from './call-options.ts';
import { PlantainError } from './errors.ts';

export interface SubmitOptions extends CallOptions {
  /**
   * What the server knows this submit by. It is made for each submit and kept over its retries; a key of your own makes a submit
   * safe to repeat after a crash of your program, too. 1 to 255 visible ASCII characters.
   */
  idempotencyKey?: string | undefined;
}

/** The header. Throws `PlantainError` for a key that can't be one. */
export function idempotency(key: string = randomKey()): Record<string, string> {
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new PlantainError('An idempotency key has 1 to 255 visible ASCII characters, such as a UUID.');
  return { 'Idempotency-Key': key };
}

/** As random as a UUID. A page that came over plain http has no `crypto.randomUUID`. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
