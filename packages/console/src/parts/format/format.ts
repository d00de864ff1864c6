// Numbers and times as people of a language write them.

import { type Language, usePreferences } from '../../preferences.tsx';

const tags: Record<Language, string> = { en: 'en', zh: 'zh-CN' };
const relativeUnits = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
] as const;

const durationScale = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

export interface Format {
  number(value: number): string;
  /** Of a time in Unix seconds, as the API writes it. */
  time(seconds: string | number): string;
  /** How long ago or from now that is. */
  relative(seconds: string | number, now?: number): string;
  /** A duration in seconds. */
  duration(seconds: number): string;
  /** A duration between two times of the API, which are whole seconds. */
  elapsed(seconds: number): string;
  bytes(value: number): string;
  /** Of millionths of a US dollar. */
  dollars(micro: number): string;
  percent(share: number): string;
}

export function useFormat(): Format {
  const { language } = usePreferences();
  return formats[language]();
}

/** Formats are dear to make, and every row of a table has one. */
const formats = Object.fromEntries(
  Object.entries(tags).map(([language, tag]) => {
    let made: Format | undefined;
    return [language, () => (made ??= createFormat(tag))];
  }),
) as Record<Language, () => Format>;

/** Of a language tag such as `en`. */
export function createFormat(tag: string): Format {
  const number = new Intl.NumberFormat(tag);
  const time = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' });
  const percent = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 });
  const unit = (name: string, digits = 0) =>
    new Intl.NumberFormat(tag, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    });
  const currency = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const;
  const dollars = new Intl.NumberFormat(tag, currency);
  /** Of sums below a dollar, with the fractions of a cent that a picture costs. */
  const cents = new Intl.NumberFormat(tag, { ...currency, maximumFractionDigits: 4 });
  const units = { second: unit('second', 1), minute: unit('minute'), hour: unit('hour'), day: unit('day') };
  const sizes = [
    unit('byte'),
    unit('kilobyte', 1),
    unit('megabyte', 1),
    unit('gigabyte', 1),
    unit('terabyte', 2),
  ];
  function duration(seconds: number): string {
    if (seconds < 60) return units.second.format(seconds);
    const at = durationScale.findIndex(([, size]) => seconds >= size);
    const [large, largeSize] = durationScale[at] ?? durationScale[0];
    const [small, smallSize] = durationScale[at + 1] ?? durationScale[0];
    const whole = Math.round(seconds / smallSize) * smallSize;
    const rest = (whole % largeSize) / smallSize;
    const larger = units[large].format(Math.floor(whole / largeSize));
    return rest === 0 ? larger : `${larger} ${units[small].format(rest)}`;
  }
  return {
    number: (value) => number.format(value),
    time: (seconds) => time.format(Number(seconds) * 1000),
    relative(seconds, now = Date.now()) {
      let distance = Number(seconds) - now / 1000;
      for (const [name, next] of relativeUnits) {
        if (Math.abs(distance) < next || name === 'day') return relative.format(Math.round(distance), name);
        distance /= next;
      }
      return '';
    },
    duration,
    elapsed: (seconds) => (seconds < 1 ? `< ${duration(1)}` : duration(seconds)),
    bytes(value) {
      const step = value < 1 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(value) / 3));
      return sizes[step]?.format(value / 1000 ** step) ?? '';
    },
    dollars: (micro) => (micro !== 0 && micro < 1_000_000 ? cents : dollars).format(micro / 1_000_000),
    percent: (share) => percent.format(share),
  };
}
