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
  /** Puts these in the place of all that there are. */
  writeDeclarations(declarations: readonly Declaration[]): Promise<void>;
}
