// Objects of JSON in an answer. Long answers have bytes in the place of long texts (`inline-picture.ts`), which JavaScript takes for
// objects with a member for each byte: to go through those of one picture would hold up everybody for half a minute.

export type Members = Readonly<Record<string, unknown>>;

/** Whether the value is an object of JSON, and neither a list nor bytes. */
export function isMembers(value: unknown): value is Members {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
