// Port for fetching a link that a user gave.

export interface FetchedBytes {
  bytes: Uint8Array;
  /** Content type by the server's header; it may be wrong. */
  contentType?: string;
}

/**
 * Fetches the bytes behind a URL. Throws `TaskError` (`input_unreachable`), whose message names the host of the given URL and nothing
 * of where it was redirected to; when the signal aborts, rejects with the signal's reason. `onReceived` gets the length in bytes of each
 * piece as it arrives, and of each that is decompressed from it.
 */
export type GuardedFetch = (
  url: string,
  signal: AbortSignal,
  onReceived?: (bytes: number) => void,
) => Promise<FetchedBytes>;
