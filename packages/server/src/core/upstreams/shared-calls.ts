// Calls that are counted over all processes which share a database. The store counts, under the lock that all takes go through; the router,
// which knows the limits, decides.

/** Calls with one credential that are open, or set aside for a task whose inputs are being loaded. */
export interface OpenCalls {
  upstream: string;
  /** Label of the credential. */
  credential: string;
  count: number;
}

/** Question whether there is room for calls. */
export interface RoomCheck<Decision> {
  /** Gives the ids of the tasks whose calls the asking process counts itself. Asked right before the others are counted. */
  own(): readonly string[];
  /** Decides by the calls of all other tasks. It is called under the lock, and again where the transaction is. */
  decide(elsewhere: readonly OpenCalls[]): Decision;
}
