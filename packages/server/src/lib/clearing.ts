// Takes secrets out of longer texts that somebody else wrote, in every spelling in which a server may repeat them. Unlike `safeText`
// it leaves the lines of a text as they are.

import { createEchoRemover } from './echoes.ts';
import { keyLike } from './safe-text.ts';

/** The text without the secrets and without what looks like a key or base64, at most `limit` characters of it. */
export type Clearing = (text: string, limit?: number) => string;

/** A secret shorter than this would take letters out of every word. */
const shortest = 3;
const removed = '[removed]';

export function createClearing(secrets: readonly string[]): Clearing {
  const withoutEchoes = createEchoRemover(secrets, shortest);
  return (text, limit = Infinity) => {
    // Beyond the limit nothing is shown, but what begins before it has to be seen whole.
    const looked = text.length > 2 * limit + maxScanned ? text.slice(0, 2 * limit + maxScanned) : text;
    const shown = withoutEchoes(looked).replaceAll(keyLike, removed);
    return shown.length > limit ? `${shown.slice(0, limit).toWellFormed()}…` : shown.toWellFormed();
  };
}

const maxScanned = 20_000;
