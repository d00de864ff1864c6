// Listeners to single events, and how several of them become one.

import type { Emit, Events } from '../core/events.ts';

export type Listeners = { [Name in keyof Events]?: (fields: Events[Name]) => void };

/** Joins listeners: each event goes to those that have a function for it. */
export function joinListeners(all: readonly Listeners[]): Emit {
  return (name, fields) => {
    for (const each of all) each[name]?.(fields);
  };
}
