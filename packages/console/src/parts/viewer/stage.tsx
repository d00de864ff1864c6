// A stage has one frame, as in the viewer, or several, as in a comparison. All show the same part of their pictures: scrolling one scrolls
// all, and a zoom leaves the point under the pointer, or else the middle, where it is.

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
import { isSetByPage, type Point, scrollableAxes, scrollToPoint, shownAt } from './moves.ts';

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
  /** Any value that changes with the scale of the pictures. */
  zoom: unknown;
  /** Size of a frame. */
  size: Size;
  /** False while whole pictures are shown. */
  isZoomed: boolean;
  onZoom: (factor: number) => void;
  /** Changes between whole pictures and enlarged ones. */
  onToggle: () => void;
  /** `PictureFrame`s of one size. */
  children: ReactNode;
}) {
  /** Point of the pictures that is in the middle of the frames. */
  const centre = useRef(middle);
  useLayoutEffect(() => {
    if (!isZoomed) centre.current = middle;
    for (const frame of framesIn(stage)) scrollToPoint(frame, centre.current);
  }, [stage, zoom, isZoomed, size]);

  /** Changes the scale so that a point of the frame shows what it showed before. */
  function zoomAbout(frame: HTMLElement, at: Point, change: () => void): void {
    const point = shownAt(frame, at);
    flushSync(change);
    scrollToPoint(frame, point, at);
    follow(frame);
  }

  function follow(moved: HTMLElement): void {
    // Along an axis on which the whole picture is shown, the centre stays.
    const axes = scrollableAxes(moved);
    const { x, y } = shownAt(moved);
    centre.current = { x: axes.x ? x : centre.current.x, y: axes.y ? y : centre.current.y };
    for (const frame of framesIn(stage)) if (frame !== moved) scrollToPoint(frame, centre.current);
  }

  useZoomGestures(stage, ({ frame, at, factor }: Zooming) => zoomAbout(frame, at, () => onZoom(factor)));
  return (
    <div
      ref={stage}
      className={className}
      onScrollCapture={({ target }: UIEvent) => {
        const frame = frameOf({ target });
        if (frame !== null && frame === target && !isSetByPage(frame)) follow(frame);
      }}
      onDoubleClick={(event) => {
        const frame = frameOf(event);
        if (frame !== null) zoomAbout(frame, pointIn(frame, event), onToggle);
      }}
    >
      {children}
    </div>
  );
}

/** Size of the first frame, its scroll bars included, which come and go with the scale of the picture. */
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
