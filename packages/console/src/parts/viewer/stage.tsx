// One frame, as in the viewer, or several that are moved together, as in a comparison: whatever enlarges the pictures keeps the same place of
// each in sight, and moving one moves all.

import {
  type ReactNode,
  type RefObject,
  type UIEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { flushSync } from 'react-dom';
import { frameOf, pointIn, useZoomGestures, type Zooming } from './gestures.ts';
import { isWherePut, movesOf, moveTo, placeIn, type Point } from './moves.ts';

const middle: Point = { x: 0.5, y: 0.5 };

interface Size {
  width: number;
  height: number;
}

export function PictureStage({
  stage,
  className,
  zoom,
  isZoomed,
  size,
  onZoom,
  onToggle,
  children,
}: {
  stage: RefObject<HTMLDivElement | null>;
  className?: string;
  /** Changes whenever the pictures are to get another size, and so does `size`, that of a frame. */
  zoom: unknown;
  size: Size;
  /** False while the pictures are seen whole. */
  isZoomed: boolean;
  onZoom: (factor: number) => void;
  /** From whole to large, and back. */
  onToggle: () => void;
  /** `PictureFrame`s of one size. */
  children: ReactNode;
}) {
  const place = useRef(middle);
  useLayoutEffect(() => {
    if (!isZoomed) place.current = middle;
    for (const frame of framesIn(stage)) moveTo(frame, place.current);
  }, [stage, zoom, isZoomed, size]);

  /** Keeps a point where it is instead of the middle. */
  function about(frame: HTMLElement, at: Point, change: () => void): void {
    const held = placeIn(frame, at);
    flushSync(change);
    moveTo(frame, held, at);
    follow(frame);
  }

  function follow(moved: HTMLElement): void {
    // Where all of a picture is seen along an axis, it has no say in that.
    const moves = movesOf(moved);
    const { x, y } = placeIn(moved);
    place.current = { x: moves.x ? x : place.current.x, y: moves.y ? y : place.current.y };
    for (const frame of framesIn(stage)) if (frame !== moved) moveTo(frame, place.current);
  }

  useZoomGestures(stage, ({ frame, at, factor }: Zooming) => about(frame, at, () => onZoom(factor)));
  return (
    <div
      ref={stage}
      className={className}
      onScrollCapture={({ target }: UIEvent) => {
        const frame = frameOf({ target });
        if (frame !== null && frame === target && !isWherePut(frame)) follow(frame);
      }}
      onDoubleClick={(event) => {
        const frame = frameOf(event);
        if (frame !== null) about(frame, pointIn(frame, event), onToggle);
      }}
    >
      {children}
    </div>
  );
}

/** Of a frame, with its scroll bars, which come and go with the size of what is in it. */
export function useFrameSize(stage: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const [frame] = framesIn(stage);
    if (frame === undefined) return;
    const observer = new ResizeObserver(([entry]) => {
      const [box] = entry?.borderBoxSize ?? [];
      if (box !== undefined) setSize({ width: box.inlineSize, height: box.blockSize });
    });
    observer.observe(frame);
    return () => observer.disconnect();
  }, [stage]);
  return size;
}

function framesIn({ current }: RefObject<HTMLElement | null>): HTMLElement[] {
  return [...(current?.querySelectorAll<HTMLElement>('.picture-frame') ?? [])];
}
