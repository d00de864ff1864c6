// Identifiers. Task ids are UUIDv7: they sort by time, so new rows land at the end of the index.

import { v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562), lower case, 8-4-4-4-12. */
export function newTaskId(): string {
  return v7();
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the shape of an id. Lower case only; callers fold the case first. */
export function isTaskId(text: string): boolean {
  return uuidPattern.test(text);
}
