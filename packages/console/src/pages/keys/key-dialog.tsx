// The windows in which a key is made, changed, rolled or revoked.

import type { KeyData } from '@plantain/client';
import { Confirm } from '../../parts/dialog/confirm.tsx';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { showOnce } from '../../parts/dialog/secret-once.tsx';
import { useSession } from '../../session.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { keyChange, type KeyFields, newKey } from './key-fields.ts';
import { KeyForm } from './key-form.tsx';
import { RollDialog } from './roll-dialog.tsx';
import type { KeyChoices } from './use-key-choices.ts';
import { keysWords } from './words.ts';

export type OpenKeyDialog = { kind: 'new' } | { kind: 'edit' | 'roll' | 'revoke'; key: KeyData };

export function KeyDialog({
  open,
  choices,
  onClose,
  onMade,
  onChange,
}: {
  open: OpenKeyDialog;
  choices: KeyChoices;
  onClose: () => void;
  onMade: () => void;
  onChange: (changed: KeyData) => void;
}) {
  const say = useWords(keysWords);
  const { keys } = useSession().client.admin;
  switch (open.kind) {
    case 'new':
      return <NewKey choices={choices} onClose={onClose} onMade={onMade} />;
    case 'edit':
      return <ChangedKey of={open.key} choices={choices} onClose={onClose} onChange={onChange} />;
    case 'roll':
      return <RollDialog of={open.key} onClose={onClose} onChange={onChange} />;
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

function NewKey({
  choices,
  onClose,
  onMade,
}: {
  choices: KeyChoices;
  onClose: () => void;
  onMade: () => void;
}) {
  const say = useWords(keysWords);
  const { keys } = useSession().client.admin;
  async function create(fields: KeyFields): Promise<void> {
    const { secret, name } = await keys.create(newKey(fields));
    showOnce({ title: say('made'), secret, before: [say('madeText', { name })] });
    onClose();
    onMade();
  }
  return (
    <Dialog title={say('make')} onClose={onClose}>
      <KeyForm choices={choices} action={say('create')} onSubmit={create} />
    </Dialog>
  );
}

function ChangedKey({
  of: key,
  choices,
  onClose,
  onChange,
}: {
  of: KeyData;
  choices: KeyChoices;
  onClose: () => void;
  onChange: (changed: KeyData) => void;
}) {
  const say = useWords(keysWords);
  const sayControl = useWords(controlWords);
  const { keys } = useSession().client.admin;
  async function save(fields: KeyFields, before: KeyFields): Promise<void> {
    onChange(await keys.update(key.key_id, keyChange(fields, before)));
    onClose();
  }
  return (
    <Dialog title={say('editTitle', { name: key.name })} onClose={onClose}>
      <KeyForm given={key} choices={choices} action={sayControl('save')} onSubmit={save} />
    </Dialog>
  );
}
