// Numbers and times as people of a language write them.

import { dollarFormat } from './dollars.ts';
import { durationFormat } from './durations.ts';
import { type CreateNumberFormat, formatHook, numberFormatsOf } from './language-format.ts';

const relativeUnits = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', Infinity],
] as const;

export interface Format {
  number(value: number): string;
  /** Shows a time in Unix seconds, as the API writes it. */
  time(seconds: string | number): string;
  /** Shows how long ago or from now a time is; `now` in milliseconds. */
  relative(seconds: string | number, now?: number): string;
  /** Shows a duration in seconds. */
  duration(seconds: number): string;
  /** Shows a duration between two times of the API, which are whole seconds. */
  elapsed(seconds: number): string;
  bytes(value: number): string;
  /** Shows millionths of a US dollar. */
  dollars(micro: number): string;
  /** Shows millionths of a US dollar with all their decimals, two at least. */
  fullDollars(micro: number): string;
  percent(share: number): string;
}

/** `tag` is that of a language, such as `en`. */
export function createFormat(tag: string): Format {
  const numbers = numberFormatsOf(tag);
  const time = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' });
  const dollars = dollarFormat(numbers);
  const duration = durationFormat(numbers, { unitDisplay: 'short' });
  return {
    number: numbers(),
    time: (seconds) => time.format(Number(seconds) * 1000),
    relative: relativeFormat(tag),
    duration,
    elapsed: (seconds) => (seconds < 1 ? `< ${duration(1)}` : duration(seconds)),
    bytes: byteFormat(numbers),
    dollars: dollars.exact,
    fullDollars: dollars.full,
    percent: numbers({ style: 'percent', maximumFractionDigits: 1 }),
  };
}

export const useFormat = formatHook(createFormat);

function relativeFormat(tag: string): Format['relative'] {
  const format = new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' });
  return (seconds, now = Date.now()) => {
    let distance = Number(seconds) - now / 1000;
    for (const [unit, next] of relativeUnits) {
      if (Math.abs(distance) < next) return format.format(Math.round(distance), unit);
      distance /= next;
    }
    return '';
  };
}

function byteFormat(numbers: CreateNumberFormat): Format['bytes'] {
  const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'].map((unit) =>
    numbers({
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: { byte: 0, terabyte: 2 }[unit] ?? 1,
    }),
  );
  return (value) => {
    const step = value < 1 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(value) / 3));
    return sizes[step]?.(value / 1000 ** step) ?? '';
  };
}
