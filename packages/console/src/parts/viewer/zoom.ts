// Scale of a picture: fitted into its frame, or a number of screen pixels for each pixel of the picture.

export type Zoom = 'fit' | number;

const steps = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8] as const;
const maxZoom = 8;

interface Size {
  width: number;
  height: number;
}

/** Scale at which the whole picture is shown; small pictures are not enlarged. */
export function fitScale(picture: Size, frame: Size): number {
  return Math.min(1, fillScale(picture, frame));
}

/** Scale at which the picture fills the frame; small pictures are enlarged. */
export function fillScale(picture: Size, frame: Size): number {
  return Math.min(frame.width / picture.width, frame.height / picture.height);
}

export function scaleOf(zoom: Zoom, fit: number): number {
  return zoom === 'fit' ? fit : zoom;
}

/** Smallest ratio of two scales that counts as a step: less is not seen. */
const nearly = 1.01;

export function zoomIn(zoom: Zoom, fit: number): Zoom {
  const scale = scaleOf(zoom, fit);
  return steps.find((step) => step > scale * nearly) ?? zoom;
}

/** Steps down, at most to the fit. */
export function zoomOut(zoom: Zoom, fit: number): Zoom {
  if (zoom === 'fit') return zoom;
  const lower = steps.findLast((step) => step * nearly < zoom);
  return lower === undefined || lower <= fit * nearly ? 'fit' : lower;
}

/** Multiplies the scale by a factor, between the fit and the largest step. */
export function zoomBy(zoom: Zoom, fit: number, factor: number): Zoom {
  const scale = scaleOf(zoom, fit) * factor;
  return scale <= fit ? 'fit' : Math.min(scale, maxZoom);
}

/** Toggles between the fit and the picture's own size, or twice that size where the fit shows it already. */
export function zoomToggled(zoom: Zoom, fit: number): Zoom {
  if (zoom !== 'fit') return 'fit';
  return fit * nearly < 1 ? 1 : 2;
}
