// Values in the tab's session storage, which outlive a reload and are shared by all parts of the page.

import { useSyncExternalStore } from 'react';

/** Callbacks that forget what the page remembers of a person beside the storage. */
const forgetting = new Set<() => void>();

export function onForget(forget: () => void): void {
  forgetting.add(forget);
}

/** Name of the id of the key for which this tab stores, beside what it stores. */
const keyName = 'key 1';
/** The id itself, where the storage is forbidden. */
let storedFor = '';

/** Deletes everything that this tab has stored: its next user may be another person. */
export function forgetAll(): void {
  storedFor = '';
  try {
    sessionStorage.clear();
  } catch {
    // The storage is forbidden, so that nothing is in it.
  }
  for (const forget of forgetting) forget();
}

/**
 * Stores for the key from now on, and deletes first what was stored for another. A tab does not always hear that its person signed out: it may
 * have shown another site meanwhile, or its session may have ended by itself.
 */
export function storeFor(keyId: string): void {
  if (readKey() === keyId) return;
  forgetAll();
  storedFor = keyId;
  try {
    sessionStorage.setItem(keyName, keyId);
  } catch {
    // The storage is forbidden, and what is kept lasts until the page is left.
  }
}

function readKey(): string {
  try {
    return sessionStorage.getItem(keyName) ?? storedFor;
  } catch {
    return storedFor;
  }
}

export interface Stored<Value> {
  get: () => Value;
  set: (change: (value: Value) => Value) => void;
  subscribe: (listener: () => void) => () => void;
}

/**
 * Creates a stored value. `name` ends in a number, which is raised when the shape of the value changes. `restore` adapts a value that was
 * stored before the reload.
 */
export function createStored<Value>(
  name: string,
  initial: Value,
  restore: (stored: Value) => Value = (stored) => stored,
): Stored<Value> {
  const listeners = new Set<() => void>();
  let current: { value: Value } | undefined;

  function get(): Value {
    current ??= { value: read() };
    return current.value;
  }

  function read(): Value {
    try {
      const text = sessionStorage.getItem(name);
      return text === null ? initial : restore(JSON.parse(text) as Value);
    } catch {
      return initial;
    }
  }

  function notify(): void {
    for (const listener of listeners) listener();
  }

  onForget(() => {
    current = undefined;
    notify();
  });
  return {
    get,
    set(change) {
      const value = change(get());
      current = { value };
      try {
        sessionStorage.setItem(name, JSON.stringify(value));
      } catch {
        // The storage is full or forbidden: the value lasts until the page is left.
      }
      notify();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStored<Value>({ subscribe, get }: Stored<Value>): Value {
  return useSyncExternalStore(subscribe, get);
}

/** A `useState` whose value outlives a reload and the page that shows it. */
export function useStoredState<Value>(stored: Stored<Value>): [Value, (value: Value) => void] {
  return [useStored(stored), (value) => stored.set(() => value)];
}
