// The port through which a link that a user gave is fetched.

export interface FetchedBytes {
  bytes: Uint8Array;
  /** Type by the word of the server; not to be believed. */
  contentType?: string;
}

/**
 * The bytes behind a URL. Throws `TaskError` (`input_unreachable`), whose message names the host of the given URL
 * and nothing of where it led; when the signal aborts, rejects with the signal's reason. `onReceived` hears of every piece
 * that arrives, by its length in bytes, and then of what was unpacked out of them.
 */
export type GuardedFetch = (
  url: string,
  signal: AbortSignal,
  onReceived?: (bytes: number) => void,
) => Promise<FetchedBytes>;
