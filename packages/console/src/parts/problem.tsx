// What went wrong, in words for a person: what the server said, what to do, and what finds it in the server's log.

import { ApiError } from '@plantain/client';
import { isAway } from '../away.ts';
import { commonWords } from '../words/common.ts';
import { useWords } from '../words/words.ts';
import { Icon } from './icon.tsx';

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const say = useWords(commonWords);
  const away = isAway(error);
  return (
    <div className={away ? 'problem away' : 'problem'} role="alert">
      <Icon name="warn" />
      <div>
        <p>{away ? say('reconnecting') : messageOf(error, say('failed'))}</p>
        {error instanceof ApiError && error.details !== undefined && error.details.length > 1 && (
          <ul>
            {error.details.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        )}
        {error instanceof ApiError && error.requestId !== undefined && (
          <p className="muted">{say('requestId', { id: error.requestId })}</p>
        )}
      </div>
      {onRetry !== undefined && !away && (
        <button type="button" className="button" onClick={onRetry}>
          {say('retry')}
        </button>
      )}
    </div>
  );
}

function messageOf(error: unknown, otherwise: string): string {
  return error instanceof Error && error.message !== '' ? error.message : otherwise;
}
