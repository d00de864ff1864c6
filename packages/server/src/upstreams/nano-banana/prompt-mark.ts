// The status of a task does not say what its prompt was, yet the words of a failure may repeat it, and the adapter that asks
// may have been started after the one that submitted. So a mark goes with the task, by which the prompt is known when it is
// seen: its length and a digest, from which nobody can read it.

import { createHash } from 'node:crypto';

/** Whatever is longer is no sentence, and is dropped. With this the search costs a few milliseconds at the most. */
const longestText = 4_000;
/** A shorter prompt is an ordinary word; taking it out would only spoil the sentence. */
const shortestPrompt = 8;

export function markOf(prompt: string): string {
  const line = oneLine(prompt);
  return `${line.length}:${digestOf(line)}`;
}

/** The text in one line, with `[removed]` for the prompt that the mark is of. */
export function withoutPrompt(text: string, mark: string): string {
  const [, length, digest] = /^(\d+):(.+)$/.exec(mark) ?? [];
  const size = Number(length);
  const line = oneLine(text);
  if (line.length > longestText) return '';
  if (!(size >= shortestPrompt)) return line;
  for (let at = 0; at + size <= line.length; at += 1) {
    const part = line.slice(at, at + size);
    if (digestOf(part) === digest) return line.replaceAll(part, '[removed]');
  }
  return line;
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64url');

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}
