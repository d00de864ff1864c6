// Messages between the servers on one store. A message is a hint that may be lost, and that the sender hears too.

export interface Messages {
  /** Sends a short text, soon, to all who listen. Returns at once and never throws. */
  send(text: string): void;
  /** Calls `onMessage` with each text that arrives; returns the function that ends it. `onMessage` must not throw. */
  listen(onMessage: (text: string) => void): () => void;
}
