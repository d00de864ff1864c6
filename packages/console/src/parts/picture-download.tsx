// A picture as a file with a telling name. The server gives its pictures names of its own, which browsers prefer to a link's: hence the page
// fetches the picture itself and hands it on.

import { useState } from 'react';
import { commonWords } from '../words/common.ts';
import { useWords } from '../words/words.ts';
import { Icon } from './icon.tsx';
import { saveFile } from './picture-zip.ts';

/** As long as the client waits for one. */
const longestMs = 300_000;

export function DownloadLink({ url, fileName }: { url: string; fileName: string }) {
  const say = useWords(commonWords);
  const [isBusy, setBusy] = useState(false);

  // It goes on when the person does.
  async function download(): Promise<void> {
    setBusy(true);
    try {
      saveFile(await fetchPicture(url), fileName);
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

async function fetchPicture(url: string): Promise<Blob> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(longestMs) });
  if (!answer.ok) throw new Error(`The picture could not be had: ${answer.status}`);
  return answer.blob();
}
