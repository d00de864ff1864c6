// One picture after the other, as large as one wants: a rendition while it fits into the window, the original when it is enlarged.

import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { commonWords } from '../words/common.ts';
import { useWords } from '../words/words.ts';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { PictureFrame, useSize } from './picture-frame.tsx';
import { addInput } from './picture-inputs.ts';
import type { Picture } from './picture-links.ts';
import { pictureWords } from './picture-words.ts';
import { fitScale, scaleOf, type Zoom, zoomIn, zoomOut } from './picture-zoom.ts';
import './picture-viewer.css';

/** How many pictures before the last one more are wanted. */
const nearEnd = 5;

interface Viewer {
  pictures: readonly Picture[];
  /** A place in `pictures`, which may grow at both ends meanwhile. */
  start: number;
  onClose: () => void;
  /** The moment to load more of them. */
  onNearEnd?: () => void;
}

export function PictureViewer({ pictures, start, onClose, onNearEnd }: Viewer) {
  const { picture, at, go } = usePlace(pictures, start);
  const [zoom, setZoom] = useState<Zoom>('fit');
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
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
    // What is enlarged is moved by the arrows.
    else if (key === 'ArrowLeft' && zoom === 'fit') step(-1);
    else if (key === 'ArrowRight' && zoom === 'fit') step(1);
  });

  if (picture === undefined) return null;
  return (
    <Dialog title={picture.fileName} wide onClose={onClose}>
      <div className="viewer">
        <PictureFrame frame={frame} picture={picture} scale={scaleOf(zoom, fit)} isZoomed={zoom !== 'fit'} />
        <div className="viewer-bar">
          <PlaceBar at={at} count={pictures.length} onStep={step} />
          <ZoomBar zoom={zoom} fit={fit} onZoom={setZoom} />
          <Actions picture={picture} onClose={onClose} />
        </div>
        <p className="muted numeric">
          {picture.width} × {picture.height}
        </p>
      </div>
    </Dialog>
  );
}

/** Which picture is shown: it stays the same one when others come before it. */
function usePlace(pictures: readonly Picture[], start: number) {
  const [current, setCurrent] = useState(() => pictures[start]);
  const found = pictures.findIndex(
    ({ taskId, index }) => taskId === current?.taskId && index === current.index,
  );
  const at = found === -1 ? start : found;
  /** False where there is no other. */
  function go(by: number): boolean {
    const next = pictures[at + by];
    if (next !== undefined) setCurrent(next);
    return next !== undefined;
  }
  return { picture: pictures[at], at, go };
}

function PlaceBar({ at, count, onStep }: { at: number; count: number; onStep: (by: number) => void }) {
  const say = useWords(pictureWords);
  return (
    <div className="row">
      <Step icon="left" label={say('previous')} disabled={at === 0} onClick={() => onStep(-1)} />
      <span className="numeric" role="status">
        {say('place', { at: at + 1, count })}
      </span>
      <Step icon="right" label={say('next')} disabled={at === count - 1} onClick={() => onStep(1)} />
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
      <button type="button" className="button small" aria-pressed={zoom === 1} onClick={() => onZoom(1)}>
        {say('original')}
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
      <DownloadLink url={picture.url} fileName={picture.fileName} />
      <button
        type="button"
        className="button small"
        onClick={() => {
          addInput(picture);
          onClose();
          navigate('/playground');
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

/** Where the link leads to another origin, browsers show the picture instead: not in place of the console then. */
export function DownloadLink({ url, fileName }: { url: string; fileName: string }) {
  const say = useWords(commonWords);
  return (
    <a
      className="button small download"
      href={url}
      download={fileName}
      title={say('download')}
      target="_blank"
      rel="noopener noreferrer"
    >
      <Icon name="download" />
      <span>{say('download')}</span>
    </a>
  );
}

/** Keeps the focus when there is nowhere to go: a button that is `disabled` loses it. */
function Step({
  icon,
  label,
  disabled,
  onClick,
}: {
  icon: IconName;
  label: string;
  disabled: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      className="button small"
      aria-label={label}
      aria-disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Keys that are pressed anywhere, as long as no other key is held with them. */
function useKeys(onKey: (key: string) => void): void {
  const latest = useRef(onKey);
  useLayoutEffect(() => {
    latest.current = onKey;
  });
  useEffect(() => {
    const hear = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (!ctrlKey && !metaKey && !altKey) latest.current(key);
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, []);
}
