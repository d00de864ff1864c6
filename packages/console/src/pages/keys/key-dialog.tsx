// The windows in which a key is made, changed or revoked.

import type { KeyData } from '@plantain/client';
import { Confirm } from '../../parts/dialog/confirm.tsx';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { showOnce } from '../../parts/dialog/secret-once.tsx';
import { useSession } from '../../session.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { type KeyFields, KeyForm } from './key-form.tsx';
import { keysWords } from './words.ts';

export type OpenKeyDialog = { kind: 'new' } | { kind: 'edit' | 'revoke'; key: KeyData };

export function KeyDialog({
  open,
  onClose,
  onMade,
  onChange,
}: {
  open: OpenKeyDialog;
  onClose: () => void;
  onMade: () => void;
  onChange: (changed: KeyData) => void;
}) {
  const say = useWords(keysWords);
  const { keys } = useSession().client.admin;
  switch (open.kind) {
    case 'new':
      return <NewKey onClose={onClose} onMade={onMade} />;
    case 'edit':
      return <ChangedKey of={open.key} onClose={onClose} onChange={onChange} />;
    case 'revoke':
      return (
        <Confirm
          title={say('revokeTitle', { name: open.key.name })}
          action={say('revoke')}
          onConfirm={async () => onChange(await keys.revoke(open.key.key_id))}
          onClose={onClose}
        >
          <p>{say('revokeText')}</p>
        </Confirm>
      );
  }
}

function NewKey({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const say = useWords(keysWords);
  const { keys } = useSession().client.admin;
  async function create({ name, role, expiresAt }: KeyFields): Promise<void> {
    const { secret } = await keys.create({ name, role, expires_at: expiresAt });
    showOnce({ title: say('made'), secret, before: [say('madeText', { name })] });
    onClose();
    onMade();
  }
  return (
    <Dialog title={say('make')} onClose={onClose}>
      <KeyForm action={say('create')} onSubmit={create} />
    </Dialog>
  );
}

function ChangedKey({
  of: key,
  onClose,
  onChange,
}: {
  of: KeyData;
  onClose: () => void;
  onChange: (changed: KeyData) => void;
}) {
  const say = useWords(keysWords);
  const sayControl = useWords(controlWords);
  const { keys } = useSession().client.admin;
  async function save({ name, expiresAt }: KeyFields): Promise<void> {
    onChange(await keys.update(key.key_id, { name, expires_at: expiresAt }));
    onClose();
  }
  return (
    <Dialog title={say('editTitle', { name: key.name })} onClose={onClose}>
      <KeyForm given={key} action={sayControl('save')} onSubmit={save} />
    </Dialog>
  );
}
