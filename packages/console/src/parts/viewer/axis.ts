// Position of a picture in a frame that scrolls, along one axis. A picture that is smaller than the frame is in its middle.

/** Lengths in pixels of the screen. */
export interface Axis {
  scroll: number;
  frame: number;
  picture: number;
}

/** Converts pixels from the start of the frame to a share of the picture: 0 is its start, 1 its end. */
export function shareAt({ scroll, ...lengths }: Axis, at: number): number {
  return (scroll + at - margin(lengths)) / lengths.picture;
}

/** Scroll position with which a share of the picture is `at` pixels from the start of the frame; it may be beyond the frame's range. */
export function scrollFor(share: number, lengths: Omit<Axis, 'scroll'>, at: number): number {
  return share * lengths.picture + margin(lengths) - at;
}

function margin({ frame, picture }: Omit<Axis, 'scroll'>): number {
  return Math.max(0, (frame - picture) / 2);
}
