// How large a picture is shown: fitted into its frame, or with so many screen pixels for each of its own.

export type Zoom = 'fit' | number;

const steps = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8] as const;
const largest = 8;

interface Size {
  width: number;
  height: number;
}

/** The scale at which the whole picture is seen; small pictures are not enlarged. */
export function fitScale(picture: Size, frame: Size): number {
  return Math.min(1, fillScale(picture, frame));
}

/** The same, and small pictures are enlarged until they fill the frame. */
export function fillScale(picture: Size, frame: Size): number {
  return Math.min(frame.width / picture.width, frame.height / picture.height);
}

export function scaleOf(zoom: Zoom, fit: number): number {
  return zoom === 'fit' ? fit : zoom;
}

/** A difference that nobody sees is no step. */
const nearly = 1.01;

export function zoomIn(zoom: Zoom, fit: number): Zoom {
  const scale = scaleOf(zoom, fit);
  return steps.find((step) => step > scale * nearly) ?? zoom;
}

/** Not below the fit: the whole picture is seen then. */
export function zoomOut(zoom: Zoom, fit: number): Zoom {
  if (zoom === 'fit') return zoom;
  const lower = steps.findLast((step) => step * nearly < zoom);
  return lower === undefined || lower <= fit * nearly ? 'fit' : lower;
}

/** Any size between the fit and the largest step, as fingers and wheels choose it. */
export function zoomBy(zoom: Zoom, fit: number, factor: number): Zoom {
  const scale = scaleOf(zoom, fit) * factor;
  return scale <= fit ? 'fit' : Math.min(scale, largest);
}

/** From the whole picture to its own size, or to twice the size where that is already seen; and back. */
export function zoomToggled(zoom: Zoom, fit: number): Zoom {
  if (zoom !== 'fit') return 'fit';
  return fit * nearly < 1 ? 1 : 2;
}
