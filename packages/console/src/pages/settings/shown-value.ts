// The value of a setting as text, and as a duration or a size that people can read.

/** Value of a setting as people read it: seconds of a duration, or bytes of a size. */
export type Amount = { seconds: number } | { bytes: number };

export type ShownValue =
  /** Nothing is in it: an empty list or mapping. */
  | { kind: 'empty' }
  | { kind: 'short'; text: string }
  /** Several lines, as in the file: YAML takes JSON too. */
  | { kind: 'long'; text: string };

/** A list of plain values is written as in a variable, with commas. */
export function showValue(value: unknown): ShownValue {
  if (typeof value !== 'object' || value === null) return { kind: 'short', text: String(value) };
  if (Object.keys(value).length === 0) return { kind: 'empty' };
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object'))
    return { kind: 'short', text: value.join(', ') };
  return { kind: 'long', text: JSON.stringify(value, null, 2) };
}

/** Durations and sizes end in their unit; `undefined` for all else, and for what is read at a glance as it is. */
export function amountOf(name: string, value: unknown): Amount | undefined {
  if (typeof value !== 'number') return undefined;
  if (name.endsWith('_bytes')) return value < 1_024 ? undefined : { bytes: value };
  if (name.endsWith('_ms')) return value < 1_000 ? undefined : { seconds: value / 1_000 };
  if (name.endsWith('_seconds')) return value < 60 ? undefined : { seconds: value };
  return undefined;
}

const binaryUnits = ['KiB', 'MiB', 'GiB', 'TiB'];

/** `64 MiB`: in powers of 1,024, as these settings are chosen; at least 1 KiB. `tag` is that of a language. */
export function binarySize(bytes: number, tag: string): string {
  const step = Math.min(binaryUnits.length, Math.floor(Math.log2(bytes) / 10));
  const number = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
  return `${number.format(bytes / 1_024 ** step)} ${binaryUnits[step - 1] ?? ''}`;
}
