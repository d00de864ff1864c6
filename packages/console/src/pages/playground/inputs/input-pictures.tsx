// Input pictures of the request, in the order in which the model gets them.

import { useId, useRef, useState } from 'react';
import { Icon } from '../../../parts/icon.tsx';
import { type InputPicture, inputPictures, moveInput } from '../../../parts/picture/inputs.ts';
import { useSession } from '../../../session.tsx';
import { useStored } from '../../../stored.ts';
import { useWords } from '../../../words/words.ts';
import { InputThumbnail } from './input-thumbnail.tsx';
import { usePasting } from './use-transfers.ts';
import { useUploads } from './use-uploads.ts';
import { playgroundWords } from '../words.ts';

/** Types of files to choose from; some systems don't count those after the first among pictures. */
const accepted = 'image/*,.heic,.heif,.avif,.tif,.tiff,.bmp';

export function InputPictures() {
  const say = useWords(playgroundWords);
  const { client } = useSession();
  const inputs = useStored(inputPictures);
  const add = useUploads(client);
  const [notice, setNotice] = useState('');
  usePasting(add);
  const chooser = useRef<HTMLInputElement>(null);
  const chooserId = useId();
  const hint = useId();
  const remove = (picture: InputPicture) => {
    inputPictures.set((all) => all.filter(({ id }) => id !== picture.id));
    chooser.current?.focus();
  };
  const move = (id: string, to: number) => {
    moveInput(id, to);
    setNotice(say('movedInput', { number: to + 1, count: inputs.length }));
  };

  return (
    <fieldset className="inputs" aria-describedby={hint}>
      <legend>{say('inputs')}</legend>
      {inputs.length > 0 && (
        <ol className="input-list">
          {inputs.map((picture, index) => (
            <InputThumbnail
              key={picture.id}
              picture={picture}
              number={index + 1}
              count={inputs.length}
              onMove={move}
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
        accept={accepted}
        multiple
        onChange={({ target }) => {
          add([...(target.files ?? [])]);
          // Without this, the same file could not be chosen twice in a row.
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
      <p className="visually-hidden" role="status">
        {notice}
      </p>
    </fieldset>
  );
}
