// The frame of the viewer: it shows the whole picture, or a part of one that is larger than the frame, which is moved in it.

import { type PointerEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useWords } from '../words/words.ts';
import { PictureImage } from './picture-image.tsx';
import { type Picture, renditionOf } from './picture-links.ts';
import { pictureWords } from './picture-words.ts';

/** The longest side of what is loaded before somebody wants to see more. */
const renditionSide = 1600;

export function PictureFrame({
  frame,
  picture: { taskId, index, url, fileName, width, height },
  scale,
  isZoomed,
}: {
  frame: RefObject<HTMLDivElement | null>;
  picture: Picture;
  /** Screen pixels for each of its own; 0 until the frame has a size. */
  scale: number;
  isZoomed: boolean;
}) {
  const say = useWords(pictureWords);
  useKeptCentre(frame, scale);
  return (
    <div
      ref={frame}
      className="viewer-frame"
      data-zoomed={isZoomed}
      role="group"
      aria-label={say('frame')}
      // Else nobody could move an enlarged picture by keys.
      tabIndex={0}
      onPointerDown={drag}
    >
      {scale > 0 && (
        <div
          className="viewer-picture"
          style={{ width: Math.round(width * scale), height: Math.round(height * scale) }}
        >
          <PictureImage
            key={`${taskId}/${index}`}
            src={isZoomed ? url : renditionOf(url, { width: renditionSide, height: renditionSide })}
            alt={fileName}
          />
        </div>
      )}
    </div>
  );
}

/** Of the inside of an element, whenever it changes. */
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setSize(entry.contentRect);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** What was in the middle of the frame stays there when the picture gets another size. */
function useKeptCentre(frame: RefObject<HTMLElement | null>, scale: number): void {
  const before = useRef({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const { current } = frame;
    if (current === null) return;
    const { scrollWidth: width, scrollHeight: height, clientWidth, clientHeight } = current;
    const x = (current.scrollLeft + clientWidth / 2) / Math.max(1, before.current.width);
    const y = (current.scrollTop + clientHeight / 2) / Math.max(1, before.current.height);
    current.scrollTo(x * width - clientWidth / 2, y * height - clientHeight / 2);
    before.current = { width, height };
  }, [frame, scale]);
}

/** Moves what is enlarged by the mouse; fingers scroll by themselves. */
function drag({ currentTarget: frame, pointerId, pointerType, button }: PointerEvent<HTMLDivElement>): void {
  if (pointerType !== 'mouse' || button !== 0) return;
  frame.setPointerCapture(pointerId);
  const move = ({ movementX, movementY }: globalThis.PointerEvent) => frame.scrollBy(-movementX, -movementY);
  frame.addEventListener('pointermove', move);
  frame.addEventListener('lostpointercapture', () => frame.removeEventListener('pointermove', move), {
    once: true,
  });
}
