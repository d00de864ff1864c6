// Brings together the pictures of an answer, as many as are worth having: one was asked for, and an answer that lists
// thousands would keep this server busy and fill its memory.

import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '../../core/errors.ts';
import type { Download } from './download.ts';

/** A vendor gives one picture for a task, some models up to ten. */
export const maxPictures = 16;
/** All pictures of one answer together; the one that passes it is the last. 256 MiB. */
export const maxPictureBytes = 256 * 2 ** 20;

/** Before further tries of a link whose neighbours are there already. */
const defaultWaitsMs: readonly number[] = [500, 2_000, 8_000];

export interface Fetching {
  download: Download;
  signal: AbortSignal;
  /** Address that relative links are relative to; default the upstream's base URL. */
  asked?: URL | undefined;
  /** Instead of `defaultWaitsMs`. */
  waitsMs?: readonly number[] | undefined;
  /** How many pictures the answer spoke of; default as many as are given. */
  promised?: number | undefined;
}

/** Why pictures could not be fetched, by their place in the answer. */
type Failures = ReadonlyMap<number, TaskError>;

/**
 * The pictures in their order, and a warning where some are left out. Given are bytes, links to them, and `null` for what is
 * damaged. A link that fails is tried a few times more where another picture is there already, and then left out. Throws
 * `TaskError` when none is there, retryable where a later try may bring one; when the signal aborts, rejects with its reason.
 */
export async function fetchPictures(
  given: readonly (Uint8Array | string | null)[],
  { download, signal, asked, waitsMs = defaultWaitsMs, promised = given.length }: Fetching,
): Promise<{ pictures: Uint8Array[]; warnings: string[] }> {
  const taken = new Map<number, Uint8Array>();
  let size = 0;

  async function takeEach(indexes: Iterable<number>): Promise<Failures> {
    const failed = new Map<number, TaskError>();
    for (const index of indexes) {
      if (size > maxPictureBytes) break;
      const each = given[index] ?? null;
      const bytes = typeof each === 'string' ? await tryDownload(each) : each;
      if (bytes instanceof TaskError) failed.set(index, bytes);
      else if (bytes !== null) {
        taken.set(index, bytes);
        size += bytes.length;
      }
    }
    return failed;
  }

  async function tryDownload(link: string): Promise<Uint8Array | TaskError> {
    try {
      return await download(link, signal, asked);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TaskError) return error;
      throw error;
    }
  }

  let failed = await takeEach(given.slice(0, maxPictures).keys());
  if (taken.size === 0 && failed.size > 0) throw mostHopeful(failed);
  for (const waitMs of waitsMs) {
    const again = [...failed].filter(([, { failure }]) => failure.retryable).map(([index]) => index);
    if (again.length === 0) break;
    await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    failed = await takeEach(again);
  }
  const pictures = [...taken].toSorted(([one], [other]) => one - other).map(([, bytes]) => bytes);
  return { pictures, warnings: missingPictures(promised, pictures.length) };
}

function mostHopeful(failed: Failures): TaskError {
  const all = [...failed.values()];
  return all.find(({ failure }) => failure.retryable) ?? all[0]!;
}

/** The warning for pictures that an answer promised and that were not taken: too many, too large, damaged or not to be had. */
function missingPictures(promised: number, taken: number): string[] {
  const missing = promised - taken;
  return missing === 0 ? [] : [`Of ${promised} pictures, ${missing} could not be taken.`];
}
