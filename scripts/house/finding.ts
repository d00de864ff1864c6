/** One fault that a check of the house found. */
export interface Finding {
  /** Name of what is at fault, without a line. */
  key: string;
  /** A sentence for whoever is to mend it, with the place. */
  message: string;
}
