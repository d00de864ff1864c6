// One input picture, with its number and the buttons that move and remove it.

import { type DragEvent, useState } from 'react';
import { Icon, type IconName } from '../../../parts/icon.tsx';
import { PictureImage } from '../../../parts/picture/image.tsx';
import { type InputPicture, noteRatio } from '../../../parts/picture/inputs.ts';
import { isSigned, renditionOf } from '../../../parts/picture/links.ts';
import { ProblemText } from '../../../parts/notice/problem.tsx';
import { SteadyButton } from '../../../parts/form/steady-button.tsx';
import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';

/** Type of the dragged data; only this page knows it. */
const dragType = 'application/x-plantain-input';

export function InputThumbnail({
  picture,
  number,
  count,
  onMove,
  onRemove,
}: {
  picture: InputPicture;
  /** From 1. */
  number: number;
  count: number;
  /** Moves the picture with this id to an index. */
  onMove: (id: string, to: number) => void;
  onRemove: () => void;
}) {
  const say = useWords(playgroundWords);
  const { id, name, preview, problem } = picture;
  const { isOver, ...dragging } = useDragging(id, (other) => onMove(other, number - 1));
  const isRefused = problem !== undefined;
  return (
    <li
      className="input-picture"
      data-refused={isRefused}
      data-over={isOver}
      draggable={count > 1}
      {...dragging}
    >
      <div className="input-frame">
        <Thumbnail picture={picture} alt={say('inputNumber', { number, name })} />
        <span className="input-number" aria-hidden="true">
          {number}
        </span>
        <button
          type="button"
          className="input-button input-remove"
          aria-label={say('removeInput', { number })}
          title={say('removeInput', { number })}
          onClick={onRemove}
        >
          <Icon name="close" />
        </button>
      </div>
      {count > 1 && !isRefused && (
        <div className="input-moves">
          <Move
            icon="left"
            label={say('moveEarlier', { number })}
            isOff={number === 1}
            onMove={() => onMove(id, number - 2)}
          />
          <Move
            icon="right"
            label={say('moveLater', { number })}
            isOff={number === count}
            onMove={() => onMove(id, number)}
          />
        </div>
      )}
      {preview !== undefined && <span className="input-note">{say('onItsWay')}</span>}
      {isRefused && (
        <div className="input-note" role="alert">
          <p>{name}</p>
          <ProblemText error={problem} />
        </div>
      )}
    </li>
  );
}

function Thumbnail({ picture: { id, link, preview }, alt }: { picture: InputPicture; alt: string }) {
  if (link === undefined && preview === undefined) return <Icon name="warn" />;
  // The link leads to another server, and this page loads nothing from there.
  if (link !== undefined && !isSigned(link)) return <Icon name="image" />;
  const src = link === undefined ? (preview ?? '') : renditionOf(link, { width: 192, height: 192 });
  return <PictureImage key={src} src={src} alt={alt} onRatio={(ratio) => noteRatio(id, ratio)} />;
}

function Move({
  icon,
  label,
  isOff,
  onMove,
}: {
  icon: IconName;
  label: string;
  isOff: boolean;
  onMove: () => void;
}) {
  return (
    <SteadyButton className="input-button" aria-label={label} title={label} isOff={isOff} onPress={onMove}>
      <Icon name={icon} />
    </SteadyButton>
  );
}

/** Reordering by the mouse; the buttons do it for the keyboard. */
function useDragging(id: string, onDropped: (id: string) => void) {
  const [isOver, setOver] = useState(false);
  const isInput = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes(dragType);
  return {
    isOver,
    onDragStart({ dataTransfer }: DragEvent) {
      dataTransfer.setData(dragType, id);
      dataTransfer.effectAllowed = 'move';
    },
    onDragOver(event: DragEvent) {
      if (!isInput(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: ({ currentTarget, relatedTarget }: DragEvent) => {
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
    },
    onDrop(event: DragEvent) {
      setOver(false);
      if (!isInput(event)) return;
      event.preventDefault();
      onDropped(event.dataTransfer.getData(dragType));
    },
  };
}
