import type { NewWebhookData, RotatedSecretData } from '@plantain/client';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useFormat } from '../../parts/format.ts';
import { useWords } from '../../words/words.ts';
import { webhooksWords } from './words.ts';

/** A secret that was just made, of an endpoint or of callback_url. */
export function SecretShown({
  made,
  onClose,
}: {
  made: NewWebhookData | RotatedSecretData;
  onClose: () => void;
}) {
  const say = useWords(webhooksWords);
  const format = useFormat();
  return (
    <Dialog title={say('secretTitle')} onClose={onClose}>
      <div className="stack">
        <p>{say('url' in made ? 'secretOnce' : 'secretNew')}</p>
        {'previous_secret_expires_at' in made && (
          <p>{say('secretBefore', { time: format.time(made.previous_secret_expires_at) })}</p>
        )}
        <pre tabIndex={0}>{made.secret}</pre>
        <div className="row">
          <CopyButton text={made.secret} />
        </div>
        <p className="muted">{say('secretUse')}</p>
      </div>
    </Dialog>
  );
}
