// Scrolls frames to a point of their pictures, and by the mouse. Points of a picture are shares of its size: 0 is its left or upper edge, 1 the
// other one.

import type { PointerEvent } from 'react';
import { type Axis, shareAt, scrollFor } from './axis.ts';

export interface Point {
  x: number;
  y: number;
}

/** Scroll positions that the page has set; a frame at another one was scrolled by a person. */
const setByPage = new WeakMap<HTMLElement, Point>();
/** Browsers round scroll positions. */
const nearly = 1;

/** Finds the point of the picture that is at a point of the frame, or in its middle. */
export function shownAt(frame: HTMLElement, at = middleOf(frame)): Point {
  const { x, y } = axesOf(frame);
  return { x: shareAt(x, at.x), y: shareAt(y, at.y) };
}

/** Scrolls the frame, as far as it goes, so that the point of the picture is at a point of the frame. */
export function scrollToPoint(frame: HTMLElement, point: Point, at = middleOf(frame)): void {
  const { x, y } = axesOf(frame);
  frame.scrollTo({
    left: scrollFor(point.x, x, at.x),
    top: scrollFor(point.y, y, at.y),
    behavior: 'instant',
  });
  setByPage.set(frame, { x: frame.scrollLeft, y: frame.scrollTop });
}

/** True where `scrollToPoint` was the last to scroll the frame. */
export function isSetByPage(frame: HTMLElement): boolean {
  const at = setByPage.get(frame);
  return (
    at !== undefined &&
    Math.abs(at.x - frame.scrollLeft) < nearly &&
    Math.abs(at.y - frame.scrollTop) < nearly
  );
}

/** Axes along which the picture is larger than the frame. */
export function scrollableAxes(frame: HTMLElement): { x: boolean; y: boolean } {
  const { x, y } = axesOf(frame);
  return { x: x.picture > x.frame, y: y.picture > y.frame };
}

/** Scrolls a frame with the mouse; fingers scroll it without code. */
export function drag(event: PointerEvent<HTMLElement>): void {
  const { currentTarget: frame, pointerId, pointerType, button } = event;
  if (pointerType !== 'mouse' || button !== 0) return;
  const from = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop };
  frame.setPointerCapture(pointerId);
  const move = ({ clientX, clientY }: globalThis.PointerEvent) =>
    frame.scrollTo({ left: from.x - clientX, top: from.y - clientY, behavior: 'instant' });
  frame.addEventListener('pointermove', move);
  frame.addEventListener('lostpointercapture', () => frame.removeEventListener('pointermove', move), {
    once: true,
  });
}

function axesOf(frame: HTMLElement): { x: Axis; y: Axis } {
  const picture = frame.firstElementChild;
  const { width, height } = picture?.getBoundingClientRect() ?? { width: 0, height: 0 };
  return {
    x: { scroll: frame.scrollLeft, frame: frame.clientWidth, picture: Math.max(1, width) },
    y: { scroll: frame.scrollTop, frame: frame.clientHeight, picture: Math.max(1, height) },
  };
}

function middleOf(frame: HTMLElement): Point {
  return { x: frame.clientWidth / 2, y: frame.clientHeight / 2 };
}
