// Port of what the settings declared when a server last started.

export interface Declaration {
  kind: 'owner' | 'key';
  /** Id in the settings. */
  id: string;
  /** JSON of what was declared; of a key's secret it has the hash. */
  content: string;
}

export interface DeclarationStore {
  readDeclarations(): Promise<Declaration[]>;
  /** Puts these in the place of all that there are, and says whether it did: it does not where others are there than `before`. */
  writeDeclarationsIfStill(
    before: readonly Declaration[],
    declarations: readonly Declaration[],
  ): Promise<boolean>;
}

/** Whether two lists declare the same, in any order. */
export function isSameDeclarations(one: readonly Declaration[], other: readonly Declaration[]): boolean {
  const [first, second] = [one, other].map((declarations) =>
    declarations.map(({ kind, id, content }) => JSON.stringify([kind, id, content])).toSorted(),
  );
  return JSON.stringify(first) === JSON.stringify(second);
}
