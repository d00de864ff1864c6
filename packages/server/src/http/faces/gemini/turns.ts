// From a conversation to a prompt and its pictures. Upstreams of all kinds serve this face, and most take one prompt, so:
// the prompt is the text of the last turn of the user, behind that of the system; the pictures are those of the user's turns and those of the
// model's last turn that has any, in the order of the conversation. What is too much for the model is left out, the oldest first.

import type { AskedPicture } from '../kit/asked-task.ts';
import type { Findings } from './either.ts';

/** Turn of a conversation, whichever call it came by. */
export interface Turn {
  isModel: boolean;
  texts: readonly string[];
  pictures: readonly AskedPicture[];
}

export interface ReadTurns {
  prompt: string;
  pictures: AskedPicture[];
}

/** Number of turns that are looked at, from the last on. */
const maxTurns = 1_000;

/** `maxPictures`: as many as the model takes; those of the last turn are all kept, and refused elsewhere where they are too many. */
export function readTurns(
  given: readonly Turn[],
  { system, maxPictures }: { system: string; maxPictures: number },
  { warnings }: Pick<Findings, 'warnings'>,
): ReadTurns {
  const turns = given.slice(-maxTurns);
  const last = turns.findLastIndex(({ isModel }) => !isModel);
  const edited = turns.findLastIndex(({ isModel, pictures }) => isModel && pictures.length > 0);
  const texts = turns[last]?.texts ?? [];
  if (turns.some(({ texts: earlier }, index) => index < last && earlier.length > 0))
    warnings.push('contents: of the texts only those of the last turn make the picture');
  const before = turns.flatMap(({ isModel, pictures }, index) =>
    index === last || (isModel && index !== edited) ? [] : pictures,
  );
  const asked = distinct(turns[last]?.pictures ?? []);
  const seen = new Set(asked.map(({ value }) => value));
  const others = distinct(before).filter(({ value }) => !seen.has(value));
  const room = Math.max(0, maxPictures - asked.length);
  const kept = room === 0 ? [] : others.slice(-room);
  if (kept.length < others.length)
    warnings.push(
      `contents: ${others.length - kept.length} pictures of earlier turns are left out, as the model takes ${maxPictures}`,
    );
  const prompt = [system, texts.join('\n')].filter((text) => text !== '').join('\n\n');
  return { prompt, pictures: [...kept, ...asked] };
}

/** Of equal pictures the last: equal bytes of a body are the same ones. */
function distinct(pictures: readonly AskedPicture[]): AskedPicture[] {
  return [...new Map(pictures.map((picture) => [picture.value, picture])).values()];
}
