// Failure of a task or of one attempt: once, in the person's language, with what to do about it; the upstream's own code on a line
// of its own; and folded, what the server said.

import type { TaskAttempt, TaskData, TaskErrorType } from '@plantain/client';
import { changeWords, failureFrameWords, failureWords } from '../../words/failures.ts';
import { failureNames } from '../../words/failure-names.ts';
import { useWords } from '../../words/words.ts';
import { Icon } from '../icon.tsx';
import './failure.css';

/** Types whose cause only the server's sentence names: the input picture, or the option that is not taken. */
const namedByServer: ReadonlySet<TaskErrorType> = new Set(['input_unreachable', 'upstream_bad_request']);

/** Failure of a task in the state `error`. A cancelled task did not fail, and only says that it was cancelled. */
export function TaskFailure({ task: { error, msg } }: { task: Pick<TaskData, 'error' | 'msg'> }) {
  const say = useWords(failureWords);
  const change = useWords(changeWords);
  const frame = useWords(failureFrameWords);
  if (error?.type === 'cancelled') return <p className="muted">{say('cancelled')}</p>;
  const {
    type,
    message,
    retryable = false,
    upstream_reason: reason,
  } = error ?? { type: 'internal', message: msg };
  const again = frame(type === 'upstream_rate_limited' ? 'againSoon' : 'again');
  return (
    <div className="problem task-failure">
      <Icon name="warn" />
      <div>
        <p>
          {say(type)}
          {frame('between')}
          {retryable ? again : change(type)}
        </p>
        {reason !== undefined && (
          <p className="failure-reason">
            {frame('upstreamReason')} <code>{reason}</code>
          </p>
        )}
        <ServerWords text={message} isOpen={namedByServer.has(type)} />
      </div>
    </div>
  );
}

/** An attempt's failure in one line: its type, and the upstream's own code for it. */
export function FailureLine({ error: { type, upstream_reason: reason } }: { error: AttemptError }) {
  const name = useWords(failureNames);
  return (
    <p className="failure-line">
      {name(type)}
      {reason !== undefined && (
        <>
          {' · '}
          <code>{reason}</code>
        </>
      )}
    </p>
  );
}

export type AttemptError = NonNullable<TaskAttempt['error']>;

/** Quotation, as it is English in every language of the page. */
export function ServerWords({ text, isOpen = false }: { text: string; isOpen?: boolean }) {
  const frame = useWords(failureFrameWords);
  if (text === '') return null;
  return (
    <details className="failure-words" open={isOpen}>
      <summary>{frame('serverWords')}</summary>
      <q lang="en">{text}</q>
    </details>
  );
}
