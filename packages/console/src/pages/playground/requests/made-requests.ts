// Requests whose pictures exist or will: those whose cards were cleared, those of other tabs with the same key, and those of tasks that the
// form was filled from, whichever program submitted them. They are stored in the tab alone.

import type { SubmitBody } from '@plantain/client';
import { createStored } from '../../../stored.ts';

/** Keys as `requestKey` makes them, the latest first. */
export const madeRequests = createStored<readonly string[]>('plantain.playground.made.1', []);

const maxMade = 200;

export function noteMade(bodies: readonly SubmitBody[]): void {
  noteMadeKeys(requestKeys(bodies));
}

export function noteMadeKeys(keys: readonly string[]): void {
  if (keys.length === 0) return;
  madeRequests.set((all) => [...new Set([...keys, ...all])].slice(0, maxMade));
}

/** Keys of the requests that have a seed. */
export function requestKeys(bodies: readonly SubmitBody[]): string[] {
  return bodies.map(requestKey).filter((key) => key !== undefined);
}

/**
 * Text that is equal for requests that make the same picture; `undefined` where there is no seed. Links are compared without their query,
 * which the server signs anew with each answer.
 */
export function requestKey({
  prompt,
  model,
  aspect_ratio,
  image_size,
  seed,
  image_urls = [],
  mask,
  ...others
}: SubmitBody): string | undefined {
  if (seed === undefined) return undefined;
  const pictures = image_urls.map((link) => link.split('?')[0]);
  const { quality, background, moderation } = others;
  const options = [mask?.split('?')[0], quality, background, moderation];
  const asked = [prompt, model, aspect_ratio, image_size, seed, pictures];
  return JSON.stringify(options.every((each) => each === undefined) ? asked : [...asked, options]);
}
