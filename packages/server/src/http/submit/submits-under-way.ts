// Submits of this node that are under way, by their keys and what they say.

export interface SubmitsUnderWay {
  during<T>(keyId: string, requestHash: string, submitting: Promise<T>): Promise<T>;
  /** Resolves when the equal ones that are under way are over, however they end; `null` where there is none. */
  over(keyId: string, requestHash: string): Promise<unknown> | null;
}

export function createUnderWay(): SubmitsUnderWay {
  const submits = new Map<string, Set<Promise<unknown>>>();
  const nameOf = (keyId: string, requestHash: string) => `${keyId} ${requestHash}`;
  return {
    async during(keyId, requestHash, submitting) {
      const name = nameOf(keyId, requestHash);
      const equal = submits.get(name) ?? new Set();
      submits.set(name, equal.add(submitting));
      try {
        return await submitting;
      } finally {
        if (equal.delete(submitting) && equal.size === 0) submits.delete(name);
      }
    },
    over(keyId, requestHash) {
      const equal = submits.get(nameOf(keyId, requestHash));
      return equal === undefined ? null : Promise.allSettled(equal);
    },
  };
}
