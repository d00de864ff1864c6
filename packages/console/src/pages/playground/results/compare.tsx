// Results side by side. They are enlarged and moved together, so that each pane shows the same part of its picture.

import { useId, useRef, useState } from 'react';
import { Dialog } from '../../../parts/dialog/dialog.tsx';
import { PictureFrame } from '../../../parts/viewer/frame.tsx';
import { useKeys } from '../../../parts/viewer/keys.ts';
import type { Picture } from '../../../parts/picture/links.ts';
import { PictureStage, useFrameSize } from '../../../parts/viewer/stage.tsx';
import { fillScale } from '../../../parts/viewer/zoom.ts';
import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';

export interface Compared {
  picture: Picture;
  prompt: string;
  /** Facts in which it differs from others of the same prompt. */
  facts: string;
}

/** 100 % is the size at which a picture fills its pane. */
const minPercent = 100;
const maxPercent = 800;
const percentStep = 10;
const keyFactor = 1.25;
const toggledPercent = 300;
/** Largest size for which the rendition has enough pixels; above it the original is shown. */
const renditionPercent = 150;
const renditionSide = 1200;
/** Most characters of a prompt that are read aloud. */
const maxCharacters = 60;

export default function Compare({
  compared,
  onClose,
}: {
  compared: readonly Compared[];
  onClose: () => void;
}) {
  const say = useWords(playgroundWords);
  const [percent, setPercent] = useState(minPercent);
  const stage = useRef<HTMLDivElement>(null);
  const size = useFrameSize(stage);
  const isZoomed = percent > minPercent;
  const zoomBy = (factor: number) =>
    setPercent((last) => Math.min(maxPercent, Math.max(minPercent, last * factor)));
  useKeys((key) => {
    if (key === '+' || key === '=') zoomBy(keyFactor);
    else if (key === '-') zoomBy(1 / keyFactor);
    else if (key === '0') setPercent(minPercent);
  });
  return (
    <Dialog title={say('compareTitle')} wide closesOutside onClose={onClose}>
      <div className="stack">
        <SizeSlider percent={percent} onChange={setPercent} />
        <PictureStage
          stage={stage}
          className="compare-panes"
          zoom={percent}
          size={size}
          isZoomed={isZoomed}
          onZoom={zoomBy}
          onToggle={() => setPercent(isZoomed ? minPercent : toggledPercent)}
        >
          {compared.map(({ picture, prompt, facts }, index) => (
            <figure key={`${picture.taskId}/${picture.index}`} className="compare-pane">
              <PictureFrame
                picture={picture}
                label={say('compareFrame', { number: index + 1, facts })}
                alt={prompt.slice(0, maxCharacters)}
                scale={(fillScale(picture, size) * percent) / 100}
                isZoomed={isZoomed}
                renditionSide={percent > renditionPercent ? undefined : renditionSide}
              />
              <figcaption>
                <span className="compare-prompt" title={prompt}>
                  {prompt}
                </span>
                <span className="muted">{facts}</span>
              </figcaption>
            </figure>
          ))}
        </PictureStage>
        <p className="muted compare-hint">{say('compareMove')}</p>
      </div>
    </Dialog>
  );
}

function SizeSlider({ percent, onChange }: { percent: number; onChange: (percent: number) => void }) {
  const say = useWords(playgroundWords);
  const id = useId();
  return (
    <div className="row compare-size">
      <label htmlFor={id}>{say('compareSize')}</label>
      <input
        id={id}
        type="range"
        min={minPercent}
        max={maxPercent}
        step={percentStep}
        value={percent}
        onChange={({ target }) => onChange(Number(target.value))}
      />
      <output htmlFor={id} className="numeric">
        {Math.round(percent)} %
      </output>
    </div>
  );
}
