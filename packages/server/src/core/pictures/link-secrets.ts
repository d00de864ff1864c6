// Secrets that sign links to pictures.

/** Length of a secret. */
export const secretBytes = 32;

export interface LinkSecrets {
  secret: Uint8Array;
  /** Secret of the rotation before: signs nothing any more, and is still believed. */
  previous: Uint8Array | null;
}
