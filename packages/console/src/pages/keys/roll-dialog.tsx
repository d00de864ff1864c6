// The window in which a key is given a new secret, beside which the one before works for a while.

import type { KeyData } from '@plantain/client';
import { useState } from 'react';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { showOnce } from '../../parts/dialog/secret-once.tsx';
import { Choice } from '../../parts/form/choice.tsx';
import { Field } from '../../parts/form/field.tsx';
import { Form } from '../../parts/form/form.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { useSession } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import { keysWords } from './words.ts';

const hour = 3_600;
const overlaps = [0, hour, 24 * hour, 7 * 24 * hour, 30 * 24 * hour] as const;

export function RollDialog({
  of: key,
  onClose,
  onChange,
}: {
  of: KeyData;
  onClose: () => void;
  onChange: (changed: KeyData) => void;
}) {
  const say = useWords(keysWords);
  const format = useFormat();
  const { keys } = useSession().client.admin;
  const [overlap, setOverlap] = useState(String(24 * hour));
  async function roll(): Promise<void> {
    const { secret, ...rolled } = await keys.roll(key.key_id, { overlap_seconds: Number(overlap) });
    const { previous_secret_expires_at: until } = rolled;
    const before = until === null ? say('rolledAtOnce') : say('rolledUntil', { when: format.time(until) });
    const made = say('madeText', { name: key.name });
    showOnce({ title: say('made'), secret, before: [made, before] });
    onClose();
    onChange(rolled);
  }
  return (
    <Dialog title={say('rollTitle', { name: key.name })} onClose={onClose}>
      <Form action={say('rollNow')} onSubmit={roll}>
        <p>{say('rollText')}</p>
        <Field label={say('overlap')} hint={say('overlapHint')} member="overlap_seconds">
          {(names) => (
            <Choice
              {...names}
              value={overlap}
              options={overlaps.map((seconds) => [
                String(seconds),
                seconds === 0 ? say('overlapNone') : format.duration(seconds),
              ])}
              onChange={setOverlap}
            />
          )}
        </Field>
      </Form>
    </Dialog>
  );
}
