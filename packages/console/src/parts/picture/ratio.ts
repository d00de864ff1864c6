// The shape of a picture that is not there yet, so that nothing moves when it comes.

/**
 * Width divided by height for `aspect_ratio`. `auto` takes after the last input picture, as near as one of `ratios` comes to it, those that
 * the model makes; it is square without any.
 */
export function ratioFor(
  asked: string | undefined,
  inputs: readonly { ratio?: number }[],
  ratios: readonly string[] = [],
): number {
  const ratio = valueOf(asked ?? 'auto');
  if (ratio !== undefined) return ratio;
  const own = inputs.at(-1)?.ratio;
  if (own === undefined) return 1;
  const made = ratios.map(valueOf).filter((each) => each !== undefined);
  // Of logarithms, so that twice too wide is as far off as twice too high.
  const distance = (one: number) => Math.abs(Math.log(one / own));
  return made.toSorted((one, other) => distance(one) - distance(other))[0] ?? own;
}

/** `undefined` for what is no ratio, as `auto`. */
function valueOf(text: string): number | undefined {
  const [width = NaN, height = NaN] = text.split(':').map(Number);
  const ratio = width / height;
  return ratio > 0 && ratio < Infinity ? ratio : undefined;
}
