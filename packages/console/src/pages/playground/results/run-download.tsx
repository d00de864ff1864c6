import type { TaskData } from '@plantain/client';
import { Icon } from '../../../parts/icon.tsx';
import { DownloadLink } from '../../../parts/picture/download.tsx';
import type { Picture } from '../../../parts/picture/links.ts';
import { nameOfTask } from '../../../parts/picture/name.ts';
import { usePacking } from '../../../parts/picture/packing.ts';
import { Problem } from '../../../parts/notice/problem.tsx';
import { SteadyButton } from '../../../parts/form/steady-button.tsx';
import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';

/** Button that downloads one picture as it is, several as one ZIP file. */
export function RunDownload({ task, pictures }: { task: TaskData; pictures: readonly Picture[] }) {
  const say = useWords(playgroundWords);
  const { pack, done, error } = usePacking();
  const [first] = pictures;
  if (first === undefined) return null;
  const { prompt, taskId } = first;
  const { length: count } = pictures;
  if (count === 1) return <DownloadLink picture={first} />;
  const label = say('downloadAll', { count });
  return (
    <>
      <SteadyButton
        className="button bare small"
        aria-label={label}
        title={label}
        isOff={done !== null}
        onPress={() => {
          const packed = pictures.map((picture) => ({ task, picture }));
          pack(packed, `${nameOfTask({ prompt, taskId })}.zip`);
        }}
      >
        {done === null ? <Icon name="download" /> : <span className="spinner" aria-hidden="true" />}
      </SteadyButton>
      <span className="visually-hidden" role="status">
        {done !== null && say('packing', { done: Math.min(done + 1, count), count })}
      </span>
      {error !== null && <Problem error={error} isOnce />}
    </>
  );
}
