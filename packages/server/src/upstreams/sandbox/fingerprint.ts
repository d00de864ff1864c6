// The hash of a whole request, and the dice that it loads: everything in a sandbox picture follows from it,
// so that the same request always gives the same picture.

import { createHash } from 'node:crypto';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';

/** SHA-256 of everything that was asked for, the inputs' bytes among it. */
export function fingerprintRequest(request: UpstreamRequest): Buffer {
  const { action, model, prompt, aspectRatio, imageSize, seed = null, inputs } = request;
  const inputHashes = inputs.map((input) => createHash('sha256').update(input.bytes).digest('hex'));
  return createHash('sha256')
    .update(JSON.stringify([action, model, prompt, aspectRatio, imageSize, seed, inputHashes]))
    .digest();
}

/** The hash for one of several pictures of the same request; `index` counts from 0. */
export function fingerprintPicture(request: Buffer, index: number): Buffer {
  return createHash('sha256').update(request).update(String(index)).digest();
}

/** Loaded dice. */
export interface Dice {
  /** A number from `low` up to, but not including, `high`. */
  between(low: number, high: number): number;
  /** A whole number, both ends included. */
  whole(low: number, high: number): number;
}

/** Dice whose throws follow from the hash (the generator is sfc32, seeded with its first 16 bytes). */
export function createDice(hash: Buffer): Dice {
  let a = hash.readUInt32LE(0);
  let b = hash.readUInt32LE(4);
  let c = hash.readUInt32LE(8);
  let counter = hash.readUInt32LE(12);
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + next() * (high - low);
  return { between, whole: (low, high) => Math.floor(between(low, high + 1)) };
}
