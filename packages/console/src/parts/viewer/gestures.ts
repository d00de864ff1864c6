// The wheel with Ctrl, which is also how browsers tell of two fingers on a touchpad, and two fingers on a screen. React hears of both too
// late to keep the browser from enlarging the whole page, hence the listeners.

import { type RefObject, useEffect } from 'react';
import type { Point } from './moves.ts';
import { useLatest } from '../../use-latest.ts';

export interface Zooming {
  frame: HTMLElement;
  /** What stays where it is, from the corner of the frame. */
  at: Point;
  /** How much larger everything becomes; below 1, smaller. */
  factor: number;
}

/** A notch of a mouse's wheel is 100 and more, a touchpad tells of each pixel. */
const longestTurn = 50;
const perPixel = 0.008;

/** For an element with frames in it. */
export function useZoomGestures(
  stage: RefObject<HTMLElement | null>,
  onZoom: (zooming: Zooming) => void,
): void {
  const latest = useLatest(onZoom);
  useEffect(() => {
    const { current } = stage;
    if (current === null) return;
    const zoom = (zooming: Zooming) => latest.current(zooming);
    const wheel = (event: WheelEvent) => turn(event, zoom);
    const fingers = followFingers(zoom);
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

/** The frame that an event happened in. */
export function frameOf({ target }: { target: EventTarget | null }): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('.picture-frame') : null;
}

/** A point of the window, from the corner of the frame. */
export function pointIn(
  frame: HTMLElement,
  { clientX, clientY }: { clientX: number; clientY: number },
): Point {
  const { left, top } = frame.getBoundingClientRect();
  return { x: clientX - left - frame.clientLeft, y: clientY - top - frame.clientTop };
}

function turn(event: WheelEvent, zoom: (zooming: Zooming) => void): void {
  const frame = frameOf(event);
  if (frame === null || !event.ctrlKey) return;
  event.preventDefault();
  const turned = Math.max(-longestTurn, Math.min(longestTurn, event.deltaY));
  zoom({ frame, at: pointIn(frame, event), factor: Math.exp(-turned * perPixel) });
}

function followFingers(zoom: (zooming: Zooming) => void): (event: TouchEvent) => void {
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
