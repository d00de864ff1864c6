// Values of labels. Each has as many as the settings and the code name, whatever clients, upstreams and old records say.

/** Value for all that is not among those that are known. */
export const other = 'other';

/** Gives the function that maps a name to itself where it is known, and else to `other`. */
export function boundedBy(known: Iterable<string>): (name: string) => string {
  const names = new Set(known);
  return (name) => (names.has(name) ? name : other);
}
