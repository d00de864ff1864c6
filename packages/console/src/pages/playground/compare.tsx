// Results side by side: all of one size, and moved together, so that the same place is seen in each.

import { type UIEvent, useId, useState } from 'react';
import { Dialog } from '../../parts/dialog.tsx';
import { PictureImage } from '../../parts/picture-image.tsx';
import { type Picture, renditionOf } from '../../parts/picture-links.ts';
import { useWords } from '../../words/words.ts';
import { playgroundWords } from './words.ts';

export interface Compared {
  picture: Picture;
  caption: string;
}

/** Of the size at which a picture fits into its pane. */
const smallestPercent = 100;
const largestPercent = 600;
/** Beyond it, the rendition that fills a pane shows less than there is. */
const renditionPercent = 150;
const renditionSide = 1200;

export function Compare({ compared, onClose }: { compared: readonly Compared[]; onClose: () => void }) {
  const say = useWords(playgroundWords);
  const [percent, setPercent] = useState(smallestPercent);
  const slider = useId();
  return (
    <Dialog title={say('compareTitle')} wide onClose={onClose}>
      <div className="stack">
        <div className="row compare-size">
          <label htmlFor={slider}>{say('compareSize')}</label>
          <input
            id={slider}
            type="range"
            min={smallestPercent}
            max={largestPercent}
            step={10}
            value={percent}
            onChange={({ target }) => setPercent(Number(target.value))}
          />
          <output htmlFor={slider} className="numeric">
            {percent} %
          </output>
        </div>
        <div className="compare-panes" onScrollCapture={scrollTogether}>
          {compared.map(({ picture, caption }) => (
            <figure key={`${picture.taskId}/${picture.index}`} className="compare-pane">
              <div className="compare-frame" tabIndex={0} role="group" aria-label={caption}>
                <div style={{ width: `${percent}%`, height: `${percent}%` }}>
                  <PictureImage
                    src={
                      percent > renditionPercent
                        ? picture.url
                        : renditionOf(picture.url, { width: renditionSide, height: renditionSide })
                    }
                    alt={caption}
                  />
                </div>
              </div>
              <figcaption>{caption}</figcaption>
            </figure>
          ))}
        </div>
      </div>
    </Dialog>
  );
}

/** The panes are of one size, and so is what they show of their pictures: the same place is the same number of pixels away. */
function scrollTogether({ target, currentTarget }: UIEvent<HTMLDivElement>): void {
  if (!(target instanceof HTMLElement)) return;
  const { scrollLeft: left, scrollTop: top } = target;
  for (const pane of currentTarget.querySelectorAll('.compare-frame'))
    // The pane answers with an event of its own, which has to find nothing to do.
    if (pane.scrollLeft !== left || pane.scrollTop !== top) pane.scrollTo({ left, top, behavior: 'instant' });
}
