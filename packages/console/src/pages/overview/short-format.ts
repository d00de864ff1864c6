// Numbers where there is little room: beside the axes of plots, in wide tables, and large in small cards.

import { usePreferences, type Language } from '../../preferences.tsx';

export interface ShortFormat {
  /** For an axis: thousands and more as `20K`. */
  tick(value: number): string;
  /** Of millionths of a US dollar, for an axis: no more digits than the value has. */
  dollarTick(micro: number): string;
  /** Of millionths of a US dollar: to the cent, below a dollar to the hundredth of one, and large sums without cents. */
  dollars(micro: number): string;
  /** Of seconds: `0.25s`, `12.5s`, `1m 30s`, `2h`. */
  duration(seconds: number): string;
  /** Of seconds, in words: `30 minutes`. */
  step(seconds: number): string;
  /** From one moment to another, in Unix seconds. */
  span(from: number, to: number): string;
  /** Unix seconds. */
  moment(at: number): string;
}

/** From here on, digits at the end say nothing any more. */
const large = 10_000;
const currency = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const;

const made = new Map<Language, ShortFormat>();

/** The same object for the same language. */
export function useShortFormat(): ShortFormat {
  const { language } = usePreferences();
  const format = made.get(language) ?? createShortFormat(language);
  made.set(language, format);
  return format;
}

export function createShortFormat(language: Language): ShortFormat {
  const numbers = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(language, options);
    return (value: number) => format.format(value);
  };
  const compact = { notation: 'compact', maximumFractionDigits: 1 } as const;
  const exact = numbers({ maximumFractionDigits: 1 });
  const shortened = numbers(compact);
  const moment = new Intl.DateTimeFormat(language, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
  return {
    tick: (value) => (value < large ? exact : shortened)(value),
    ...dollarFormats(numbers, compact),
    duration: durationFormat(numbers, 'narrow'),
    step: durationFormat(numbers, 'long'),
    span: (from, to) => moment.formatRange(from * 1000, to * 1000),
    moment: (at) => moment.format(at * 1000),
  };
}

type Numbers = (options: Intl.NumberFormatOptions) => (value: number) => string;

function dollarFormats(
  numbers: Numbers,
  compact: Intl.NumberFormatOptions,
): Pick<ShortFormat, 'dollarTick' | 'dollars'> {
  const upTo = (digits: number) => numbers({ ...currency, maximumFractionDigits: digits });
  const [fine, cents, tickDigits] = [upTo(4), upTo(2), upTo(6)];
  const whole = numbers({ ...currency, minimumFractionDigits: 0, maximumFractionDigits: 0 });
  const shortened = numbers({ ...currency, ...compact });
  return {
    dollarTick(micro) {
      const value = micro / 1_000_000;
      if (value >= large) return shortened(value);
      return (Number.isInteger(value) ? whole : tickDigits)(value);
    },
    dollars(micro) {
      const value = micro / 1_000_000;
      if (value >= large) return whole(value);
      return (value === 0 || value >= 1 ? cents : fine)(value);
    },
  };
}

function durationFormat(numbers: Numbers, unitDisplay: 'narrow' | 'long'): ShortFormat['duration'] {
  const unit = (name: string, digits: number) =>
    numbers({ style: 'unit', unit: name, unitDisplay, maximumFractionDigits: digits });
  const [fine, second, minute, hour] = [
    unit('second', 2),
    unit('second', 1),
    unit('minute', 0),
    unit('hour', 0),
  ];
  /** The smaller unit only where there is any of it. */
  const both = (more: string, rest: number, less: (value: number) => string) =>
    rest === 0 ? more : `${more} ${less(rest)}`;
  return (exactSeconds) => {
    if (exactSeconds < 1) return fine(exactSeconds);
    if (exactSeconds < 59.95) return second(exactSeconds);
    const seconds = Math.round(exactSeconds);
    if (seconds < 3_600) return both(minute(Math.floor(seconds / 60)), seconds % 60, second);
    const minutes = Math.round(exactSeconds / 60);
    return both(hour(Math.floor(minutes / 60)), minutes % 60, minute);
  };
}
