// A time as a field of the browser holds it: local time without a zone, to the minute.

/** Text of the field for a time in Unix seconds; empty for `null`. */
export function toField(seconds: string | null): string {
  if (seconds === null) return '';
  const time = new Date(Number(seconds) * 1000);
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Unix seconds; `null` for an empty field. */
export function fromField(field: string): number | null {
  return field === '' ? null : Math.floor(new Date(field).getTime() / 1000);
}
