import type { TaskData } from '@plantain/client';
import { useState } from 'react';
import { PictureButton } from '../../../parts/picture/button.tsx';
import { picturesOf } from '../../../parts/picture/links.ts';
import { PictureViewer } from '../../../parts/viewer/lazy-viewer.tsx';
import { useWords } from '../../../words/words.ts';
import type { Run } from '../requests/runs.ts';
import { playgroundWords } from '../words.ts';

/** Pictures of a task; each opens in the viewer. */
export function RunPictures({ run: { fields }, task }: { run: Run; task: TaskData }) {
  const say = useWords(playgroundWords);
  const [open, setOpen] = useState<number | null>(null);
  const { prompt } = fields;
  const pictures = picturesOf(task, prompt);
  return (
    <div className="run-pictures" data-many={pictures.length > 1}>
      {pictures.map((picture, index) => (
        <PictureButton
          key={index}
          picture={picture}
          label={say('open', { number: index + 1, prompt })}
          onOpen={() => setOpen(index)}
        />
      ))}
      {open !== null && <PictureViewer pictures={pictures} start={open} onClose={() => setOpen(null)} />}
    </div>
  );
}
