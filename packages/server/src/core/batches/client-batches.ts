// Port of batches that clients of other APIs made: what such a client said of its batch beside its tasks, which are a batch like every other.

export interface ClientBatch {
  /** UUIDv7, and the batch id of its tasks. */
  id: string;
  /** Owning API key. */
  keyId: string;
  /** Face that it was made by, such as `openai`; no other one shows it. */
  face: string;
  /** Unix milliseconds. */
  createdAt: number;
  /** Time from which the record is deleted; its tasks have a retention of their own. */
  expiresAt: number;
  /** JSON of the face's. */
  record: string;
}

/** Tasks of a batch that are still stored, by how far they are. */
export interface BatchCounts {
  total: number;
  succeeded: number;
  /** Tasks that ended without success, those of the next two counts among them. */
  failed: number;
  cancelled: number;
  /** Tasks that ended at their deadline. */
  late: number;
  /** Latest end, Unix milliseconds; `null` where none has ended. */
  finishedAt: number | null;
}

export interface ClientBatchChange {
  /** Record as it was read. */
  seen: string;
  record: string;
  /** Default: they stay. */
  lines?: string | undefined;
}

export interface ClientBatchStore {
  /** Stores a batch, or replaces the one with its id; `lines` is JSON of the face's on each task. Resolves when it is durable. */
  saveClientBatch(batch: ClientBatch, lines: string): Promise<void>;
  /** Replaces the record, and the lines where there are others, if the record is still the one that was seen; false where it is not, or the key has no such batch. */
  changeClientBatch(id: string, keyId: string, change: ClientBatchChange): Promise<boolean>;
  /** Deletes the record of a batch, and none of its tasks; false where the key has no such batch. */
  deleteClientBatch(id: string, keyId: string): Promise<boolean>;
  /** Deletes up to `limit` records of this key, of whatever face, and none of their tasks; gives the number that was found, so that 0 means that none is left. */
  deleteClientBatchesOfKey(keyId: string, limit: number): Promise<number>;
  deleteExpiredClientBatches(now: number): Promise<number>;
  findClientBatch(id: string, keyId: string, face: string): Promise<ClientBatch | null>;
  /** Gives the `lines` of a batch; `null` where the key has no such batch. */
  findClientBatchLines(id: string, keyId: string): Promise<string | null>;
  /** Lists batches of a key and a face, newest first; with `beforeId` those that are older than that one. */
  listClientBatches(query: {
    keyId: string;
    face: string;
    beforeId?: string;
    limit: number;
  }): Promise<ClientBatch[]>;
  /** Counts the tasks of a batch of this key. */
  countBatch(batchId: string, keyId: string): Promise<BatchCounts>;
}
