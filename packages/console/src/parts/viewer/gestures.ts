// Zooming by the wheel with Ctrl, as which browsers also report a pinch on a touchpad, and by two fingers on a screen. The listeners are
// not React's, which are passive and could not keep the browser from enlarging the whole page.

import { type RefObject, useEffect } from 'react';
import type { Point } from './moves.ts';
import { useLatest } from '../../use-latest.ts';

export interface Zooming {
  frame: HTMLElement;
  /** Point of the frame that stays where it is, from the frame's corner. */
  at: Point;
  /** New scale divided by the old one. */
  factor: number;
}

/** Largest step of the wheel, in pixels: a notch of a mouse is 100 and more, a touchpad reports each pixel. */
const maxStep = 50;
const zoomPerPixel = 0.008;

/** Listens on a stage, an element with frames in it. */
export function useZoomGestures(
  stage: RefObject<HTMLElement | null>,
  onZoom: (zooming: Zooming) => void,
): void {
  const latest = useLatest(onZoom);
  useEffect(() => {
    const { current } = stage;
    if (current === null) return;
    const zoom = (zooming: Zooming) => latest.current(zooming);
    const wheel = (event: WheelEvent) => zoomByWheel(event, zoom);
    const fingers = trackFingers(zoom);
    const options = { passive: false };
    current.addEventListener('wheel', wheel, options);
    current.addEventListener('touchstart', fingers, options);
    current.addEventListener('touchmove', fingers, options);
    return () => {
      current.removeEventListener('wheel', wheel);
      current.removeEventListener('touchstart', fingers);
      current.removeEventListener('touchmove', fingers);
    };
  }, [stage, latest]);
}

/** Finds the frame in which an event happened. */
export function frameOf({ target }: { target: EventTarget | null }): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('.picture-frame') : null;
}

/** Converts a point of the window to one from the frame's corner. */
export function pointIn(
  frame: HTMLElement,
  { clientX, clientY }: { clientX: number; clientY: number },
): Point {
  const { left, top } = frame.getBoundingClientRect();
  return { x: clientX - left - frame.clientLeft, y: clientY - top - frame.clientTop };
}

function zoomByWheel(event: WheelEvent, zoom: (zooming: Zooming) => void): void {
  const frame = frameOf(event);
  if (frame === null || !event.ctrlKey) return;
  event.preventDefault();
  const step = Math.max(-maxStep, Math.min(maxStep, event.deltaY));
  zoom({ frame, at: pointIn(frame, event), factor: Math.exp(-step * zoomPerPixel) });
}

function trackFingers(zoom: (zooming: Zooming) => void): (event: TouchEvent) => void {
  let before = 0;
  return (event) => {
    const frame = frameOf(event);
    const [one, other] = event.targetTouches;
    if (frame === null || one === undefined || other === undefined || event.targetTouches.length > 2) return;
    event.preventDefault();
    const apart = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = {
      clientX: (one.clientX + other.clientX) / 2,
      clientY: (one.clientY + other.clientY) / 2,
    };
    if (event.type === 'touchmove' && before > 0)
      zoom({ frame, at: pointIn(frame, middle), factor: apart / before });
    before = apart;
  };
}
