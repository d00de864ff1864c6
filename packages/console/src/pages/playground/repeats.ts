// Requests that would make a picture a second time: everything alike, the seed too. Where chance decides, none is.

import type { SubmitBody } from '@plantain/client';
import { createStored } from '../../stored.ts';
import { runs } from './runs.ts';

/** Of tasks that the form was filled from, whichever program submitted them. */
const takenUp = createStored<readonly string[]>('plantain.playground.taken-up.1', []);

const mostTakenUp = 20;

export function noteTakenUp(body: SubmitBody): void {
  const key = keyOf(body);
  if (key !== undefined)
    takenUp.set((all) => [key, ...all.filter((each) => each !== key)].slice(0, mostTakenUp));
}

/** The first of the requests that was made before, as far as this tab knows, and did not fail. */
export function findRepeat(bodies: readonly SubmitBody[]): SubmitBody | undefined {
  const made = runs
    .get()
    .filter(({ refusal, failed }) => refusal === undefined && failed !== true)
    .map(({ body }) => keyOf(body));
  const known = new Set([...made, ...takenUp.get()]);
  return bodies.find((body) => {
    const key = keyOf(body);
    return key !== undefined && known.has(key);
  });
}

/** Equal for requests that make the same picture. Links to it change with each answer, behind the `?`. */
function keyOf({
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
