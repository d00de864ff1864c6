// The picture viewer: one picture after the other, in any size. It shows a rendition while the picture fits into the frame, and the original
// when it is enlarged.

import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useWords } from '../../words/words.ts';
import { Dialog } from '../dialog/dialog.tsx';
import { Icon, type IconName } from '../icon.tsx';
import { DownloadLink } from '../picture/download.tsx';
import { PictureFrame } from './frame.tsx';
import { addInput } from '../picture/inputs.ts';
import { useKeys } from './keys.ts';
import type { Picture } from '../picture/links.ts';
import { PictureStage, useFrameSize } from './stage.tsx';
import { pictureWords } from '../picture/words.ts';
import { fitScale, scaleOf, type Zoom, zoomBy, zoomIn, zoomOut, zoomToggled } from './zoom.ts';
import { SteadyButton } from '../form/steady-button.tsx';
import './viewer.css';

/** How many pictures are left when more are asked for. */
const nearEnd = 5;
const renditionSide = 1600;

export interface ViewerProps {
  pictures: readonly Picture[];
  /** Index in `pictures`, which may grow at both ends meanwhile. */
  start: number;
  onClose: () => void;
  /** Called when few pictures are left. */
  onNearEnd?: () => void;
}

export default function PictureViewer({ pictures, start, onClose, onNearEnd }: ViewerProps) {
  const say = useWords(pictureWords);
  const { picture, at, go } = usePosition(pictures, start);
  const [zoom, setZoom] = useState<Zoom>('fit');
  const stage = useRef<HTMLDivElement>(null);
  const size = useFrameSize(stage);
  const fit = picture === undefined ? 0 : fitScale(picture, size);
  const step = (by: number) => {
    if (go(by)) setZoom('fit');
  };

  const isNearEnd = at >= pictures.length - nearEnd;
  useEffect(() => {
    if (isNearEnd) onNearEnd?.();
  }, [isNearEnd, onNearEnd]);

  useKeys((key) => {
    if (key === '+' || key === '=') setZoom(zoomIn(zoom, fit));
    else if (key === '-') setZoom(zoomOut(zoom, fit));
    else if (key === '0') setZoom('fit');
    // The arrows move a picture that is enlarged.
    else if (key === 'ArrowLeft' && zoom === 'fit') step(-1);
    else if (key === 'ArrowRight' && zoom === 'fit') step(1);
  });

  if (picture === undefined) return null;
  const { width, height, prompt } = picture;
  const facts = { at: at + 1, count: pictures.length, width, height };
  const title = say(pictures.length > 1 ? 'titleOfMany' : 'title', facts);
  return (
    <Dialog title={title} wide closesOutside onClose={onClose}>
      <div className="viewer">
        <PictureStage
          stage={stage}
          zoom={zoom}
          size={size}
          isZoomed={zoom !== 'fit'}
          onZoom={(factor) => setZoom((last) => zoomBy(last, fit, factor))}
          onToggle={() => setZoom((last) => zoomToggled(last, fit))}
        >
          <PictureFrame
            picture={picture}
            label={say('frame')}
            alt={prompt ?? title}
            scale={scaleOf(zoom, fit)}
            isZoomed={zoom !== 'fit'}
            renditionSide={zoom === 'fit' ? renditionSide : undefined}
          />
        </PictureStage>
        <div className="viewer-bar">
          <PositionBar at={at} count={pictures.length} onStep={step} />
          <ZoomBar zoom={zoom} fit={fit} onZoom={setZoom} />
          <Actions picture={picture} onClose={onClose} />
        </div>
        {prompt !== undefined && (
          <p className="muted viewer-prompt" title={prompt}>
            {prompt}
          </p>
        )}
      </div>
    </Dialog>
  );
}

/** Position of the shown picture, which stays the same one when others come before it. */
function usePosition(pictures: readonly Picture[], start: number) {
  const [current, setCurrent] = useState(() => pictures[start]);
  const found = pictures.findIndex(
    ({ taskId, index }) => taskId === current?.taskId && index === current.index,
  );
  const at = found === -1 ? start : found;
  /** Gives false where there is no picture. */
  function go(by: number): boolean {
    const next = pictures[at + by];
    if (next !== undefined) setCurrent(next);
    return next !== undefined;
  }
  return { picture: pictures[at], at, go };
}

function PositionBar({ at, count, onStep }: { at: number; count: number; onStep: (by: number) => void }) {
  const say = useWords(pictureWords);
  return (
    <div className="row">
      <Step icon="left" label={say('previous')} isOff={at === 0} onPress={() => onStep(-1)} />
      <span className="numeric" role="status">
        {say('position', { at: at + 1, count })}
      </span>
      <Step icon="right" label={say('next')} isOff={at === count - 1} onPress={() => onStep(1)} />
    </div>
  );
}

function ZoomBar({ zoom, fit, onZoom }: { zoom: Zoom; fit: number; onZoom: (zoom: Zoom) => void }) {
  const say = useWords(pictureWords);
  return (
    <div className="row">
      <button
        type="button"
        className="button small"
        aria-label={say('zoomOut')}
        onClick={() => onZoom(zoomOut(zoom, fit))}
      >
        −
      </button>
      <span className="viewer-scale numeric">
        {say('scale', { percent: Math.round(scaleOf(zoom, fit) * 100) })}
      </span>
      <button
        type="button"
        className="button small"
        aria-label={say('zoomIn')}
        onClick={() => onZoom(zoomIn(zoom, fit))}
      >
        +
      </button>
      <button
        type="button"
        className="button small"
        aria-pressed={zoom === 'fit'}
        onClick={() => onZoom('fit')}
      >
        {say('fit')}
      </button>
      <button
        type="button"
        className="button small"
        aria-label={say('original')}
        title={say('original')}
        aria-pressed={zoom === 1}
        onClick={() => onZoom(1)}
      >
        1:1
      </button>
    </div>
  );
}

function Actions({ picture, onClose }: { picture: Picture; onClose: () => void }) {
  const say = useWords(pictureWords);
  const [location, navigate] = useLocation();
  const task = `/tasks/${picture.taskId}`;
  return (
    <div className="row">
      <DownloadLink picture={picture} />
      <button
        type="button"
        className="button small"
        onClick={() => {
          addInput(picture);
          onClose();
          // On the playground it replaces the viewer's own history entry, so that Back does not lead to the same page.
          navigate('/playground', { replace: location === '/playground' });
          scrollTo(0, 0);
        }}
      >
        <Icon name="plus" />
        {say('useAsInput')}
      </button>
      {location !== task && (
        <Link href={task} className="button small">
          {say('details')}
        </Link>
      )}
    </div>
  );
}

function Step({
  icon,
  label,
  isOff,
  onPress,
}: {
  icon: IconName;
  label: string;
  isOff: boolean;
  onPress: () => void;
}) {
  return (
    <SteadyButton className="button small" aria-label={label} isOff={isOff} onPress={onPress}>
      <Icon name={icon} />
    </SteadyButton>
  );
}
