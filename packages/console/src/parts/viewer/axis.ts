// Where a picture lies in a frame that scrolls, along one of its two axes. A smaller picture stands in the middle of the frame.

/** In pixels of the screen. */
export interface Axis {
  /** How far the frame is scrolled. */
  scroll: number;
  frame: number;
  picture: number;
}

/** What is `at` pixels from the start of the frame: 0 for where the picture begins, 1 for where it ends. */
export function placeOn({ scroll, ...lengths }: Axis, at: number): number {
  return (scroll + at - margin(lengths)) / lengths.picture;
}

/** How far to scroll until `place` is `at` pixels from the start of the frame; may be further than the frame can. */
export function scrollFor(place: number, lengths: Omit<Axis, 'scroll'>, at: number): number {
  return place * lengths.picture + margin(lengths) - at;
}

function margin({ frame, picture }: Omit<Axis, 'scroll'>): number {
  return Math.max(0, (frame - picture) / 2);
}
