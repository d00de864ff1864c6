import type { CreateNumberFormat } from './language-format.ts';

/** Shows sums of money, which are given in millionths of a US dollar. */
export interface DollarFormat {
  /** Shows cents; below a dollar also the fractions of a cent that a picture costs. */
  exact(micro: number): string;
  /** Shows cents and every fraction of a cent that there is. */
  full(micro: number): string;
  /** Like `exact`, but large sums without cents. */
  rounded(micro: number): string;
  /** Shows a mark of an axis: no more digits than the value has. */
  tick(micro: number): string;
}

/** Dollars from which on cents say nothing any more. */
const large = 10_000;

export function dollarFormat(numbers: CreateNumberFormat): DollarFormat {
  const dollars = (options: Intl.NumberFormatOptions) =>
    numbers({ style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', ...options });
  const cents = dollars({ maximumFractionDigits: 2 });
  const fine = dollars({ maximumFractionDigits: 4 });
  const all = dollars({ minimumFractionDigits: 2, maximumFractionDigits: 6 });
  const finest = dollars({ maximumFractionDigits: 6 });
  const whole = dollars({ minimumFractionDigits: 0, maximumFractionDigits: 0 });
  const compact = dollars({ notation: 'compact', maximumFractionDigits: 1 });
  const exact = (value: number) => (value === 0 || value >= 1 ? cents : fine)(value);
  const tick = (value: number) => (Number.isInteger(value) ? whole : finest)(value);
  return {
    exact: (micro) => exact(micro / 1_000_000),
    full: (micro) => all(micro / 1_000_000),
    rounded: (micro) => (micro >= large * 1_000_000 ? whole : exact)(micro / 1_000_000),
    tick: (micro) => (micro >= large * 1_000_000 ? compact : tick)(micro / 1_000_000),
  };
}
