/** One fault that a check of the house found. */
export interface Finding {
  /** The fault's name in `exceptions.json`. It holds no line number and no folder, so it outlives moves. */
  key: string;
  /** A sentence for whoever is to mend it, with the place. */
  message: string;
}
