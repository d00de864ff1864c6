// Sums of money in words.

/** Sum of micro-dollars in dollars, such as `$0.04`: with as many decimals as it has, but at least two. */
export function dollars(microUsd: number): string {
  const [whole = '', part = ''] = (Math.abs(microUsd) / 1e6).toFixed(6).split('.');
  return `${microUsd < 0 ? '-' : ''}$${whole}.${part.replace(/0{1,4}$/, '')}`;
}
