// A picture as a file with a telling name. The server gives its pictures names of its own, which browsers prefer to a link's: hence the page
// fetches the picture itself and hands it on.

import { useState } from 'react';
import { useSession } from '../../session.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { Icon } from '../icon.tsx';
import type { Picture } from './links.ts';
import { saveFile } from './zip.ts';

export function DownloadLink({ picture: { url, fileName, taskId } }: { picture: Picture }) {
  const say = useWords(controlWords);
  const { client } = useSession();
  const [isBusy, setBusy] = useState(false);

  // It goes on when the person does.
  async function download(): Promise<void> {
    setBusy(true);
    try {
      const data = { images: [{ url, file_name: fileName }], description: '' };
      saveFile(await client.picture({ task_id: taskId, state: 'succeeded', data }), fileName);
    } catch {
      // A bucket that answers no other origin's scripts: the browser can show what the page may not read.
      window.open(url, '_blank', 'noopener');
    } finally {
      setBusy(false);
    }
  }

  return (
    <a
      className="button small download"
      href={url}
      download={fileName}
      title={say('download')}
      aria-busy={isBusy}
      target="_blank"
      rel="noopener noreferrer"
      onClick={(event) => {
        // With a key held, the person wants a tab or a window of it.
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        if (!isBusy) void download();
      }}
    >
      {isBusy ? <span className="spinner" aria-hidden="true" /> : <Icon name="download" />}
      <span>{say('download')}</span>
    </a>
  );
}
