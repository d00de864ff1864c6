// Measures of a picture that has to become smaller.

export interface Measures {
  /** Pixels. */
  width: number;
  height: number;
}

/** The largest measures of the same shape, as far as whole pixels allow, that are within the limits; never larger. */
export function fitInside(
  { width, height }: Measures,
  {
    maxWidth = Infinity,
    maxHeight = Infinity,
    maxPixels = Infinity,
  }: { maxWidth?: number; maxHeight?: number; maxPixels?: number },
): Measures {
  const scale = Math.min(1, maxWidth / width, maxHeight / height, Math.sqrt(maxPixels / (width * height)));
  const across = scaled(width, scale);
  const down = scaled(height, scale);
  // Rounding up, and a very narrow picture that is a pixel wide already, leave some pixels too many.
  if (across * down <= maxPixels) return { width: across, height: down };
  return across > down
    ? { width: Math.max(1, Math.floor(maxPixels / down)), height: down }
    : { width: across, height: Math.max(1, Math.floor(maxPixels / across)) };
}

function scaled(side: number, scale: number): number {
  return Math.max(1, Math.round(side * scale));
}
