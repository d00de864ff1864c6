// A problem in words for a person: what happened and what to do, the server's own sentence, and the id that finds it in the server's log.

import { isAway } from '../../away.ts';
import { usePreferences } from '../../preferences.tsx';
import { controlWords } from '../../words/controls.ts';
import { refusalWords } from '../../words/refusals.ts';
import { useWords } from '../../words/words.ts';
import { useFormat } from '../format/format.ts';
import { LimitLine } from '../limited/lazy-limit-line.tsx';
import { Icon } from '../icon.tsx';
import { describeProblem } from './describe-problem.ts';
import { ServerSaid } from './server-said.tsx';

export function Problem({
  error,
  onRetry,
  isOnce = false,
}: {
  error: unknown;
  onRetry?: () => void;
  /** Whether the failed action is not repeated by itself after the server was away. */
  isOnce?: boolean;
}) {
  const say = useWords(refusalWords);
  const sayControl = useWords(controlWords);
  const away = isAway(error);
  return (
    <div className={away ? 'problem away' : 'problem'} role="alert">
      <Icon name="warn" />
      <div>{away && !isOnce ? <p>{say('reconnecting')}</p> : <ProblemText error={error} />}</div>
      {onRetry !== undefined && !away && (
        <button type="button" className="button" onClick={onRetry}>
          {sayControl('retry')}
        </button>
      )}
    </div>
  );
}

/** Words for a person about an error, without a frame of their own. */
export function ProblemText({ error }: { error: unknown }) {
  const say = useWords(refusalWords);
  const format = useFormat();
  const { language } = usePreferences();
  const { lead, quoted, faults, limit, requestId, retryAfterSeconds } = describeProblem(error, language);
  return (
    <>
      <p>{'word' in lead ? say(lead.word) : lead.text}</p>
      {retryAfterSeconds >= 1 && <p>{say('waitFor', { duration: format.duration(retryAfterSeconds) })}</p>}
      {quoted !== undefined && <ServerSaid {...quoted} />}
      {limit !== undefined && <LimitLine fault={limit} />}
      {faults.length > 0 && (
        <ul lang="en">
          {faults.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {requestId !== undefined && <p className="muted">{say('requestId', { id: requestId })}</p>}
    </>
  );
}
