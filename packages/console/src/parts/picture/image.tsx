// A picture behind a link. The server makes smaller files on demand and refuses when too many are being made, and it may be away for
// a moment: a picture that does not come is asked for again before it counts as gone.

import { useEffect, useState } from 'react';
import { Icon } from '../icon.tsx';
import { pictureWords } from './words.ts';
import { useWords } from '../../words/words.ts';
import './image.css';

const retryDelaysMs = [1_500, 4_000, 10_000];

/** `width` and `height` keep its place while it comes. `onRatio` gets width divided by height of what has come, upright. */
export function PictureImage({
  src,
  alt,
  width,
  height,
  onRatio,
}: {
  src: string;
  alt: string;
  width?: number;
  height?: number;
  onRatio?: (ratio: number) => void;
}) {
  const say = useWords(pictureWords);
  const [tries, setTries] = useState(0);
  const [failed, setFailed] = useState(false);
  const delayMs = failed ? retryDelaysMs[tries] : undefined;

  useEffect(() => {
    if (delayMs === undefined) return;
    const timer = setTimeout(() => {
      setFailed(false);
      setTries((last) => last + 1);
    }, delayMs);
    return () => clearTimeout(timer);
  }, [delayMs]);

  // The browser's own sign for a picture that did not come lies over what stands around it.
  if (failed) {
    const isGone = delayMs === undefined;
    return (
      <span className="picture-gone" role="img" aria-label={isGone ? `${alt} ${say('gone')}` : alt}>
        <Icon name="image" />
        {isGone && <span>{say('gone')}</span>}
      </span>
    );
  }
  return (
    <img
      ref={stopLoading}
      key={tries}
      className="picture-image"
      src={src}
      alt={alt}
      width={width}
      height={height}
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setFailed(true)}
      onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => onRatio?.(naturalWidth / naturalHeight)}
    />
  );
}

/**
 * When it is taken away: whoever scrolls past hundreds of pictures waits for none of them, and until one has come the browser keeps the
 * whole row that it stood in.
 */
function stopLoading(image: HTMLImageElement): () => void {
  return () => image.removeAttribute('src');
}
