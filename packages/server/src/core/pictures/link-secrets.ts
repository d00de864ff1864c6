// Secrets that sign links to pictures.

/** Length of a secret. */
export const secretBytes = 32;

export interface LinkSecrets {
  secret: Uint8Array;
  /** Secret that signs nothing and is believed: the one of the rotation before, or one that is too new to be known to all servers. */
  previous: Uint8Array | null;
}
