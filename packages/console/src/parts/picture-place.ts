// The shape of a picture that is not there yet, so that nothing moves when it comes.

/** Width divided by height for `aspect_ratio`; `auto` takes after the last input picture, and is square without any. */
export function ratioFor(asked: string | undefined, inputs: readonly { ratio?: number }[]): number {
  const [width = NaN, height = NaN] = (asked ?? 'auto').split(':').map(Number);
  const ratio = width / height;
  return ratio > 0 && ratio < Infinity ? ratio : (inputs.at(-1)?.ratio ?? 1);
}
