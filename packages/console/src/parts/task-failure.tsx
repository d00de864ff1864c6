// Why a task, or one attempt of it, failed: first what that means and what to do, by its type and in the person's language, then what
// the server said, which is exact and English, and last the code that finds it in a provider's documentation.

import type { TaskAttempt, TaskData } from '@plantain/client';
import { failureWords } from '../words/failures.ts';
import { useWords } from '../words/words.ts';
import { Icon } from './icon.tsx';
import { ServerSaid } from './server-said.tsx';
import './task-failure.css';

/** Of a task in the state `error`. One that was cancelled did not fail, and says only that. */
export function TaskFailure({ task: { error, msg } }: { task: Pick<TaskData, 'error' | 'msg'> }) {
  const say = useWords(failureWords);
  if (error?.type === 'cancelled') return <p className="muted">{say('cancelled')}</p>;
  return (
    <div className="problem task-failure">
      <Icon name="warn" />
      <div>
        <FailureText error={error ?? { type: 'internal', message: msg }} />
      </div>
    </div>
  );
}

/** The same without a frame. */
export function FailureText({ error }: { error: NonNullable<TaskAttempt['error']> }) {
  const say = useWords(failureWords);
  const { type, message, upstream_reason: reason } = error;
  return (
    <>
      <p>{say(type)}</p>
      {message !== '' && <ServerSaid text={message} />}
      {reason !== undefined && (
        <p className="failure-reason muted">
          {say('upstreamReason')} <code>{reason}</code>
        </p>
      )}
    </>
  );
}
