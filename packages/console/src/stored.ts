// A value that a reload keeps: in this tab's session storage, and the same for every part of the page that shows it.

import { useSyncExternalStore } from 'react';

/** What the page remembers of a person beside the storage; to be forgotten with it. */
const forgetting = new Set<() => void>();

export function onForget(forget: () => void): void {
  forgetting.add(forget);
}

/** Everything of this tab: the next to use it may be another person. */
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
 * `name` has a number in it, to be raised when the shape of the value changes. `restore` makes what was kept fit for use again.
 */
export function createStored<Value>(
  name: string,
  initial: Value,
  restore: (kept: Value) => Value = (kept) => kept,
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

  function tell(): void {
    for (const listener of listeners) listener();
  }

  onForget(() => {
    current = undefined;
    tell();
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
      tell();
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

/** In place of `useState`, where a reload or a look at another page is not to lose the value. */
export function useStoredState<Value>(stored: Stored<Value>): [Value, (value: Value) => void] {
  return [useStored(stored), (value) => stored.set(() => value)];
}
