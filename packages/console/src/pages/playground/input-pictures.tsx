// The pictures that a request starts from, in the order in which the model gets them.

import { useId, useRef } from 'react';
import { Icon } from '../../parts/icon.tsx';
import { PictureImage } from '../../parts/picture-image.tsx';
import { type InputPicture, inputPictures } from '../../parts/picture-inputs.ts';
import { isSigned, renditionOf } from '../../parts/picture-links.ts';
import { useSession } from '../../session.tsx';
import { useStored } from '../../stored.ts';
import { useWords } from '../../words/words.ts';
import { useDropping, usePasting } from './use-transfers.ts';
import { useUploads } from './use-uploads.ts';
import { playgroundWords } from './words.ts';

export function InputPictures() {
  const say = useWords(playgroundWords);
  const { client } = useSession();
  const inputs = useStored(inputPictures);
  const add = useUploads(client);
  const { isOver, dropping } = useDropping(add);
  usePasting(add);
  const chooser = useRef<HTMLInputElement>(null);
  const chooserId = useId();
  const hint = useId();
  const remove = (picture: InputPicture) => {
    inputPictures.set((all) => all.filter(({ id }) => id !== picture.id));
    chooser.current?.focus();
  };

  return (
    <fieldset className={isOver ? 'inputs over' : 'inputs'} aria-describedby={hint} {...dropping}>
      <legend>{say('inputs')}</legend>
      {inputs.length > 0 && (
        <ol className="input-list">
          {inputs.map((picture, index) => (
            <Thumbnail
              key={picture.id}
              picture={picture}
              number={index + 1}
              onRemove={() => remove(picture)}
            />
          ))}
        </ol>
      )}
      <input
        ref={chooser}
        id={chooserId}
        className="visually-hidden"
        type="file"
        accept="image/*"
        multiple
        onChange={({ target }) => {
          add([...(target.files ?? [])]);
          // The same file can be chosen once more.
          target.value = '';
        }}
      />
      <label htmlFor={chooserId} className="button small choose">
        <Icon name="image" />
        {say('choose')}
      </label>
      <p id={hint} className="hint">
        {say('inputsHint')}
      </p>
      <p className="visually-hidden" role="status">
        {say('inputsNow', { count: inputs.length })}
      </p>
    </fieldset>
  );
}

function Thumbnail({
  picture: { name, link, preview, problem },
  number,
  onRemove,
}: {
  picture: InputPicture;
  number: number;
  onRemove: () => void;
}) {
  const say = useWords(playgroundWords);
  const alt = say('inputNumber', { number, name });
  const shown = link !== undefined && isSigned(link) ? renditionOf(link, { width: 192, height: 192 }) : null;
  const src = link === undefined ? preview : shown;
  return (
    <li className="input-picture" data-refused={problem !== undefined}>
      <div className="input-frame">
        {typeof src === 'string' && <PictureImage key={src} src={src} alt={alt} />}
        {src === undefined && <Icon name="warn" />}
        {/* A link to somewhere else, from where this page loads nothing. */}
        {src === null && <Icon name="image" />}
        <span className="input-number" aria-hidden="true">
          {number}
        </span>
        <button
          type="button"
          className="input-remove"
          aria-label={say('removeInput', { number })}
          onClick={onRemove}
        >
          <Icon name="close" />
        </button>
      </div>
      {preview !== undefined && <span className="input-note">{say('onItsWay')}</span>}
      {problem !== undefined && (
        <span className="input-note" role="alert">
          {name}: {problem}
        </span>
      )}
    </li>
  );
}
