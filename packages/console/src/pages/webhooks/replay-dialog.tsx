// Sending everything of a time again, as after a receiver was down.

import type { WebhookData } from '@plantain/client';
import { useState } from 'react';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { Field } from '../../parts/form/field.tsx';
import { Form } from '../../parts/form/form.tsx';
import { InputField } from '../../parts/form/input-field.tsx';
import { fromField, toField } from '../../parts/form/time-field.ts';
import { useFormat } from '../../parts/format/format.ts';
import { useSession } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import { EndpointChoice, StateChoice } from './delivery-choices.tsx';
import { webhooksWords } from './words.ts';

const states = ['failed', 'delivered'] as const;
const daySeconds = 86_400;

export function ReplayDialog({
  endpoints,
  onReplayed,
  onClose,
}: {
  endpoints: readonly WebhookData[];
  onReplayed: () => void;
  onClose: () => void;
}) {
  const say = useWords(webhooksWords);
  const format = useFormat();
  const { client } = useSession();
  const [endpoint, setEndpoint] = useState('');
  const [state, setState] = useState<(typeof states)[number] | ''>('failed');
  const [from, setFrom] = useState(() => toField(String(Math.floor(Date.now() / 1000) - daySeconds)));
  const [to, setTo] = useState('');
  const [count, setCount] = useState<number | null>(null);

  async function replay(): Promise<void> {
    setCount(null);
    const end = fromField(to);
    const { replayed } = await client.webhooks.replayAll({
      from: fromField(from) ?? 0,
      ...(end === null ? {} : { to: end }),
      ...(endpoint === '' ? {} : { webhook_id: endpoint }),
      ...(state === '' ? {} : { state }),
    });
    setCount(replayed);
    onReplayed();
  }

  return (
    <Dialog title={say('replayRange')} onClose={onClose}>
      <Form
        action={say('replay')}
        onSubmit={replay}
        status={<p role="status">{count !== null && say('replayed', { count: format.number(count) })}</p>}
      >
        <p>{say('replayRangeText')}</p>
        <Field label={say('endpoint')}>
          {(names) => (
            <EndpointChoice {...names} endpoints={endpoints} value={endpoint} onChange={setEndpoint} />
          )}
        </Field>
        <Field label={say('state')}>
          {(names) => <StateChoice {...names} states={states} value={state} onChange={setState} />}
        </Field>
        <InputField label={say('from')} type="datetime-local" required value={from} onChange={setFrom} />
        <InputField
          label={say('to')}
          hint={say('toHint')}
          type="datetime-local"
          value={to}
          onChange={setTo}
        />
      </Form>
    </Dialog>
  );
}
