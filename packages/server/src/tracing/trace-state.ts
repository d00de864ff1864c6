// `tracestate` of clients: words of other tracers, which are handed on as they came, or not at all
// (https://www.w3.org/TR/trace-context-1/#tracestate-header).

import { TraceState } from '@opentelemetry/core';

/** Of the specification: a tracer hands on at least so many characters, and a list has no more members than that. */
const maxCharacters = 512;
const maxMembers = 32;

/** Gives the list; `undefined` where it has a fault, as it is then dropped as a whole. */
export function readTraceState(text: string | undefined): TraceState | undefined {
  if (text === undefined || text.length > maxCharacters) return undefined;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > maxMembers) return undefined;
  const state = new TraceState(text);
  // The library leaves out members with a fault, and the first of two with one key.
  return state.serialize() === members.join(',') ? state : undefined;
}
