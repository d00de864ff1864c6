// The windows in which an owner is made, changed or deleted.

import type { OwnerData } from '@plantain/client';
import { useState } from 'react';
import { Confirm } from '../../../parts/dialog/confirm.tsx';
import { Dialog } from '../../../parts/dialog/dialog.tsx';
import { Form } from '../../../parts/form/form.tsx';
import { InputField } from '../../../parts/form/input-field.tsx';
import { useFormat } from '../../../parts/format/format.ts';
import { LimitedInputs } from '../../../parts/limited/limited-inputs.tsx';
import { useSession } from '../../../session.tsx';
import { controlWords } from '../../../words/controls.ts';
import { useWords } from '../../../words/words.ts';
import { newOwner, ownerChange, type OwnerFields, toOwnerFields } from './owner-fields.ts';
import { ownersWords } from './words.ts';

export type OpenOwnerDialog = { kind: 'new' } | { kind: 'edit' | 'delete'; owner: OwnerData };

interface Handlers {
  onClose: () => void;
  /** Called when an owner was made, changed or deleted. */
  onDone: () => void;
}

export function OwnerDialog({ open, ...handlers }: Handlers & { open: OpenOwnerDialog }) {
  const say = useWords(ownersWords);
  const sayControl = useWords(controlWords);
  const { owners } = useSession().client.admin;
  switch (open.kind) {
    case 'new':
      return (
        <OwnerForm
          title={say('make')}
          action={say('create')}
          send={(fields) => owners.create(newOwner(fields))}
          {...handlers}
        />
      );
    case 'edit':
      return (
        <OwnerForm
          title={say('editTitle', { name: open.owner.name })}
          action={sayControl('save')}
          given={open.owner}
          send={(fields, before) => owners.update(open.owner.owner_id, ownerChange(fields, before))}
          {...handlers}
        />
      );
    case 'delete':
      return <DeleteOwner owner={open.owner} {...handlers} />;
  }
}

function DeleteOwner({ owner, onClose, onDone }: Handlers & { owner: OwnerData }) {
  const say = useWords(ownersWords);
  const format = useFormat();
  const { owners } = useSession().client.admin;
  return (
    <Confirm
      title={say('deleteTitle', { name: owner.name })}
      action={say('delete')}
      onConfirm={() => owners.delete(owner.owner_id).then(onDone)}
      onClose={onClose}
    >
      <p>{say('deleteKeys', { count: format.number(owner.key_count) })}</p>
      <p>{say('deleteGoes')}</p>
      <p>{say('deleteStays')}</p>
      <p>{say('deleteEnd')}</p>
    </Confirm>
  );
}

function OwnerForm({
  title,
  action,
  given,
  send,
  onClose,
  onDone,
}: Handlers & {
  title: string;
  action: string;
  given?: OwnerData;
  send: (fields: OwnerFields, before: OwnerFields) => Promise<unknown>;
}) {
  const say = useWords(ownersWords);
  const [before] = useState(() => toOwnerFields(given));
  const [fields, setFields] = useState(before);
  const change = (changed: Partial<OwnerFields>) => setFields({ ...fields, ...changed });
  async function submit(): Promise<void> {
    await send(fields, before);
    onClose();
    onDone();
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <Form action={action} onSubmit={submit}>
        <InputField
          label={say('name')}
          hint={say('nameHint')}
          member="name"
          required
          maxLength={100}
          value={fields.name}
          onChange={(name) => change({ name })}
        />
        <InputField
          label={say('weight')}
          hint={say('weightHint')}
          member="weight"
          type="number"
          required
          min={0}
          step="any"
          value={fields.weight}
          onChange={(weight) => change({ weight })}
        />
        <label className="row">
          <input
            type="checkbox"
            checked={fields.shared}
            onChange={({ target }) => change({ shared: target.checked })}
          />
          <span>{say('shared')}</span>
        </label>
        <LimitedInputs fields={fields.limited} onChange={(limited) => change({ limited })} />
      </Form>
    </Dialog>
  );
}
