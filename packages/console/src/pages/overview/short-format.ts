// Numbers where there is little room: beside the axes of plots, in wide tables, and large in small cards.

import { dollarFormat } from '../../parts/format/dollars.ts';
import { durationFormat } from '../../parts/format/durations.ts';
import { formatHook, numberFormatsOf } from '../../parts/format/language-format.ts';

export interface ShortFormat {
  /** Shows a mark of an axis: thousands and more as `20K`. */
  tick(value: number): string;
  /** Shows a mark of an axis in millionths of a US dollar: no more digits than the value has. */
  dollarTick(micro: number): string;
  /** Shows millionths of a US dollar: to the cent, below a dollar to the hundredth of one, and large sums without cents. */
  dollars(micro: number): string;
  /** Shows seconds: `0.25s`, `12.5s`, `1m 30s`, `2h`. */
  duration(seconds: number): string;
  /** Shows seconds in words: `30 minutes`. */
  step(seconds: number): string;
  /** Shows the time from one moment to another, in Unix seconds. */
  span(from: number, to: number): string;
  /** Shows a time in Unix seconds. */
  moment(at: number): string;
}

/** Number from which on the last digits say nothing any more. */
const large = 10_000;

/** `tag` is that of a language, such as `en`. */
export function createShortFormat(tag: string): ShortFormat {
  const numbers = numberFormatsOf(tag);
  const dollars = dollarFormat(numbers);
  const exact = numbers({ maximumFractionDigits: 1 });
  const compact = numbers({ notation: 'compact', maximumFractionDigits: 1 });
  const moment = new Intl.DateTimeFormat(tag, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
  return {
    tick: (value) => (value < large ? exact : compact)(value),
    dollarTick: dollars.tick,
    dollars: dollars.rounded,
    duration: durationFormat(numbers, { unitDisplay: 'narrow', largest: 'hour' }),
    step: durationFormat(numbers, { unitDisplay: 'long', largest: 'hour' }),
    span: (from, to) => moment.formatRange(from * 1000, to * 1000),
    moment: (at) => moment.format(at * 1000),
  };
}

export const useShortFormat = formatHook(createShortFormat);
