// Unix seconds, in which the API gives every time. The server itself counts in milliseconds.

/** Converts milliseconds to Unix seconds, rounded down. */
export function unixSeconds(at: number): number {
  return Math.floor(at / 1000);
}

/** Writes a time as answers have it: Unix seconds, rounded down, as a decimal string. */
export function secondsText(at: number): string {
  return String(unixSeconds(at));
}

/** Writes a future time as answers have it, rounded up, so that nothing is announced for too early a time. */
export function comingSecondsText(at: number): string {
  return String(Math.ceil(at / 1000));
}
