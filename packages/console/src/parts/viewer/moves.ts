// How an enlarged picture is moved in its frame: by the page, which may do so in several frames at once, and by the mouse.

import type { PointerEvent } from 'react';
import { type Axis, placeOn, scrollFor } from './axis.ts';

export interface Point {
  x: number;
  y: number;
}

/** Where the page has scrolled a frame to; what comes to another place was moved by a person. */
const put = new WeakMap<HTMLElement, Point>();
/** Browsers round what they are told. */
const nearly = 1;

/** What is seen at a point of the frame, or in its middle: of the picture, 0 is the left or upper edge and 1 the other one. */
export function placeIn(frame: HTMLElement, at = middleOf(frame)): Point {
  const { x, y } = axesOf(frame);
  return { x: placeOn(x, at.x), y: placeOn(y, at.y) };
}

/** Scrolls the frame, as far as it goes, until the place is at that point of it. */
export function moveTo(frame: HTMLElement, place: Point, at = middleOf(frame)): void {
  const { x, y } = axesOf(frame);
  frame.scrollTo({
    left: scrollFor(place.x, x, at.x),
    top: scrollFor(place.y, y, at.y),
    behavior: 'instant',
  });
  put.set(frame, { x: frame.scrollLeft, y: frame.scrollTop });
}

/** Whether `moveTo` brought it to where it is. */
export function isWherePut(frame: HTMLElement): boolean {
  const at = put.get(frame);
  return (
    at !== undefined &&
    Math.abs(at.x - frame.scrollLeft) < nearly &&
    Math.abs(at.y - frame.scrollTop) < nearly
  );
}

/** Along which axes there is more of the picture than the frame shows. */
export function movesOf(frame: HTMLElement): { x: boolean; y: boolean } {
  const { x, y } = axesOf(frame);
  return { x: x.picture > x.frame, y: y.picture > y.frame };
}

/** Moves what is enlarged by the mouse; fingers scroll by themselves. */
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
