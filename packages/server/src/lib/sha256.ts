// Hashes what may be large without holding up every other request.

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * In hex, in steps of about a millisecond: hashed at once, 45 MB hold up every other request for 120 ms, and
 * `crypto.subtle` still for 75 ms, because it copies the bytes first.
 */
export async function sha256InSteps(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const step = 262_144;
  for (let at = 0; at < bytes.length; at += step) {
    if (at > 0) await nextTurn();
    hash.update(bytes.subarray(at, at + step));
  }
  return hash.digest('hex');
}
