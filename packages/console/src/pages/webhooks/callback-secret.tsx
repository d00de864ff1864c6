import { useState } from 'react';
import { Confirm } from '../../parts/dialog/confirm.tsx';
import { CopyButton } from '../../parts/form/copy-button.tsx';
import { useSubmit } from '../../parts/form/use-submit.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import { useShowSecret } from './secret-shown.ts';
import { webhooksWords } from './words.ts';

/** The secret of the key itself, which calls of a task's `callback_url` are signed with. */
export function CallbackSecret() {
  const say = useWords(webhooksWords);
  const { webhooks } = useSession().client;
  const [secret, setSecret] = useState<string | null>(null);
  const showSecret = useShowSecret();
  const [isAsking, setAsking] = useState(false);
  const show = useSubmit(async () => setSecret((await webhooks.secret()).secret));
  return (
    <section className="card stack">
      <h2>{say('callbackTitle')}</h2>
      <p className="muted">{say('callbackText')}</p>
      {show.error !== null && <Problem error={show.error} isOnce />}
      {secret !== null && <pre tabIndex={0}>{secret}</pre>}
      <div className="row">
        <button
          type="button"
          className="button small"
          aria-expanded={secret !== null}
          onClick={(event) => (secret === null ? show.submit(event) : setSecret(null))}
        >
          {say(secret === null ? 'show' : 'hide')}
        </button>
        {secret !== null && <CopyButton text={secret} />}
        <button type="button" className="button small" onClick={() => setAsking(true)}>
          {say('rotate')}
        </button>
      </div>
      {isAsking && (
        <Confirm
          title={say('rotateTitle')}
          action={say('rotate')}
          onConfirm={async () => {
            showSecret(await webhooks.rotateSecret());
            setSecret(null);
          }}
          onClose={() => setAsking(false)}
        >
          <p>{say('rotateText')}</p>
        </Confirm>
      )}
    </section>
  );
}
