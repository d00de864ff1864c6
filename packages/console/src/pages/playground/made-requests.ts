// The requests whose pictures were made, or are to be: those whose cards were cleared away, those of other tabs with the same key, and those
// of tasks that the form was filled from, whichever program submitted them. It is kept in memory and in the storage of the tabs alone.

import type { SubmitBody } from '@plantain/client';
import { createStored } from '../../stored.ts';

/** Texts that are equal for requests that make the same picture, the latest first. */
export const madeRequests = createStored<readonly string[]>('plantain.playground.made.1', []);

const maxMade = 200;

export function noteMade(bodies: readonly SubmitBody[]): void {
  noteMadeKeys(requestKeys(bodies));
}

export function noteMadeKeys(keys: readonly string[]): void {
  if (keys.length === 0) return;
  madeRequests.set((all) => [...new Set([...keys, ...all])].slice(0, maxMade));
}

/** Texts for those requests that do not leave their seed to chance. */
export function requestKeys(bodies: readonly SubmitBody[]): string[] {
  return bodies.map(requestKey).filter((key) => key !== undefined);
}

/** A text without what changes with each answer in links to one picture, behind the `?`; `undefined` where chance decides. */
export function requestKey({
  prompt,
  model,
  aspect_ratio,
  image_size,
  seed,
  image_urls = [],
}: SubmitBody): string | undefined {
  if (seed === undefined) return undefined;
  const pictures = image_urls.map((link) => link.split('?')[0]);
  return JSON.stringify([prompt, model, aspect_ratio, image_size, seed, pictures]);
}
