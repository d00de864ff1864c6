// A frame of a `PictureStage`: it shows the whole picture, or a part of one that is larger than the frame, which is moved in it.

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
  /** What the frame is, and what the keys do in it. */
  label: string;
  alt: string;
  /** Screen pixels for each of its own; 0 until the frame has a size. */
  scale: number;
  isZoomed: boolean;
  /** The longest side of what is shown in place of the original; absent for the original itself. */
  renditionSide: number | undefined;
}) {
  return (
    <div
      className="picture-frame"
      data-zoomed={isZoomed}
      role="group"
      aria-label={label}
      // Else nobody could move an enlarged picture by keys.
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
