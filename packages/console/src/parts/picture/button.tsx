import { PictureImage } from './image.tsx';
import { type Picture, renditionOf } from './links.ts';

const renditionSide = 640;

/** A result as a card or a page shows it; pressed, it opens. */
export function PictureButton({
  picture: { url, width, height },
  label,
  onOpen,
}: {
  picture: Picture;
  label: string;
  onOpen: () => void;
}) {
  return (
    <button
      type="button"
      className="run-picture picture-place"
      style={{ aspectRatio: width / height }}
      aria-label={label}
      onClick={onOpen}
    >
      <PictureImage
        src={renditionOf(url, { width: renditionSide, height: renditionSide })}
        alt=""
        width={width}
        height={height}
      />
    </button>
  );
}
