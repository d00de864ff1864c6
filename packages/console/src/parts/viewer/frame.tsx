// A frame of a `PictureStage`: an element that scrolls where its picture is larger.

import { PictureImage } from '../picture/image.tsx';
import { type Picture, renditionOf } from '../picture/links.ts';
import { drag } from './moves.ts';
import './frame.css';

export function PictureFrame({
  picture: { taskId, index, url, width, height },
  label,
  alt,
  scale,
  isZoomed,
  renditionSide,
}: {
  picture: Picture;
  /** Name of the frame, with the keys that work in it. */
  label: string;
  alt: string;
  /** Screen pixels for each pixel of the picture; 0 until the frame has a size. */
  scale: number;
  isZoomed: boolean;
  /** Longest side of the rendition; absent for the original. */
  renditionSide: number | undefined;
}) {
  return (
    <div
      className="picture-frame"
      data-zoomed={isZoomed}
      role="group"
      aria-label={label}
      // Focusable, so that the arrow keys scroll it.
      tabIndex={0}
      onPointerDown={drag}
    >
      {scale > 0 && (
        <div className="picture-sheet" style={{ width: width * scale, height: height * scale }}>
          <PictureImage
            key={`${taskId}/${index}`}
            src={
              renditionSide === undefined
                ? url
                : renditionOf(url, { width: renditionSide, height: renditionSide })
            }
            alt={alt}
          />
        </div>
      )}
    </div>
  );
}
