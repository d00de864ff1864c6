import type { CreateNumberFormat } from './language-format.ts';

const units = [
  { name: 'day', seconds: 86_400 },
  { name: 'hour', seconds: 3_600 },
  { name: 'minute', seconds: 60 },
  { name: 'second', seconds: 1 },
] as const;

/** Durations in seconds as text of at most two units, `1 hr 30 min`; the smaller unit only where there is any of it. */
export function durationFormat(
  numbers: CreateNumberFormat,
  { unitDisplay, largest = 'day' }: { unitDisplay: 'narrow' | 'short' | 'long'; largest?: 'day' | 'hour' },
): (seconds: number) => string {
  const unit = (name: string, maximumFractionDigits: number) =>
    numbers({ style: 'unit', unit: name, unitDisplay, maximumFractionDigits });
  const belowOne = unit('second', 2);
  const belowMinute = unit('second', 1);
  const scale = units
    .slice(units.findIndex(({ name }) => name === largest))
    .map(({ name, seconds }) => ({ seconds, show: unit(name, 0) }));
  return (exact) => {
    if (exact < 1) return belowOne(exact);
    // One digit is shown, and 59.96 is not to be "60 seconds".
    if (exact < 59.95) return belowMinute(exact);
    const at = scale.findIndex(({ seconds }) => Math.round(exact) >= seconds);
    const [more, less] = scale.slice(at);
    if (more === undefined || less === undefined) return belowMinute(exact);
    const whole = Math.round(exact / less.seconds) * less.seconds;
    const rest = (whole % more.seconds) / less.seconds;
    const text = more.show(Math.floor(whole / more.seconds));
    return rest === 0 ? text : `${text} ${less.show(rest)}`;
  };
}
