import type { TaskData } from '@plantain/client';
import { useState } from 'react';
import { Icon } from '../../parts/icon.tsx';
import { PictureButton } from '../../parts/picture/button.tsx';
import { isExpired, picturesOf } from '../../parts/picture/links.ts';
import { DownloadLink } from '../../parts/picture/download.tsx';
import { PictureViewer } from '../../parts/viewer/lazy-viewer.tsx';
import { usePacking } from '../../parts/picture/packing.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import { useWords } from '../../words/words.ts';
import { tasksWords } from './words.ts';

/** Pictures of a task that has succeeded. Each opens in the viewer; they are downloaded one by one or all in one file. */
export function TaskPictures({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const [open, setOpen] = useState<number | null>(null);
  const pictures = isExpired(task) ? [] : picturesOf(task);
  return (
    <section className="card stack">
      <div className="page-head">
        <h2>{say('pictures')}</h2>
        {pictures.length > 1 && <PackButton task={task} />}
      </div>
      {pictures.length === 0 && <p className="muted">{say('expired')}</p>}
      <ul className="task-pictures">
        {pictures.map((picture, index) => (
          <li key={index} className="stack">
            <PictureButton
              picture={picture}
              label={say('openPicture', { number: index + 1, width: picture.width, height: picture.height })}
              onOpen={() => setOpen(index)}
            />
            <div className="row">
              <span className="muted">
                {picture.width} × {picture.height}
              </span>
              <DownloadLink picture={picture} />
            </div>
          </li>
        ))}
      </ul>
      {open !== null && <PictureViewer pictures={pictures} start={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

function PackButton({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const { pack, done, error } = usePacking();
  const pictures = picturesOf(task).map((picture) => ({ task, picture }));
  return (
    <>
      <button
        type="button"
        className="button small"
        disabled={done !== null}
        onClick={() => pack(pictures, `${task.task_id}.zip`)}
      >
        <Icon name="download" />
        <span aria-live="polite">
          {done === null
            ? say('downloadAll')
            : say('packing', { done: Math.min(done + 1, pictures.length), count: pictures.length })}
        </span>
      </button>
      {error !== null && <Problem error={error} isOnce />}
    </>
  );
}
