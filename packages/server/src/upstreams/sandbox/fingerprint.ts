// Hash of a whole request, and the dice that it loads: everything in a sandbox picture follows from it,
// so that the same request always gives the same picture.

import { createHash } from 'node:crypto';
import type { Picture, UpstreamRequest } from '../../core/upstreams/upstream.ts';

/** SHA-256 of everything that was asked for, the inputs' bytes among it. */
export function fingerprintRequest(request: UpstreamRequest): Buffer {
  const { action, model, prompt, aspectRatio, imageSize, seed = null, inputs } = request;
  const { mask, quality, background, moderation } = request;
  const asked = [action, model, prompt, aspectRatio, imageSize, seed, inputs.map(hashOf)];
  // Left out where nothing is asked, so that the pictures of other requests stay those that they were.
  const options = { quality, background, moderation, ...(mask === undefined ? {} : { mask: hashOf(mask) }) };
  const isPlain = Object.values(options).every((value) => value === undefined);
  return createHash('sha256')
    .update(JSON.stringify(isPlain ? asked : [...asked, options]))
    .digest();
}

const hashOf = ({ bytes }: Picture): string => createHash('sha256').update(bytes).digest('hex');

/** Hash of one of several pictures of a request; `index` counts from 0. */
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

/** Makes dice whose throws follow from the hash (the generator is mulberry32, seeded with its first 4 bytes). */
export function createDice(hash: Buffer): Dice {
  let state = hash.readUInt32LE(0);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + next() * (high - low);
  return { between, whole: (low, high) => Math.floor(between(low, high + 1)) };
}
