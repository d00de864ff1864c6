// Values in the tab's session storage, which outlive a reload and are shared by all parts of the page.

import { useSyncExternalStore } from 'react';

/** Callbacks that forget what the page remembers of a person beside the storage. */
const forgetting = new Set<() => void>();

export function onForget(forget: () => void): void {
  forgetting.add(forget);
}

/** Deletes everything that this tab has stored: its next user may be another person. */
export function forgetAll(): void {
  sessionStorage.clear();
  for (const forget of forgetting) forget();
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
