// The fields of an endpoint: for a new one, whose draft a reload keeps, and for one that is changed.

import type { EndpointEventType, WebhookData } from '@plantain/client';
import { useState } from 'react';
import { Checks } from '../../parts/form/checks.tsx';
import { Form } from '../../parts/form/form.tsx';
import { InputField } from '../../parts/form/input-field.tsx';
import { createStored } from '../../stored.ts';
import { useWords } from '../../words/words.ts';
import { webhooksWords } from './words.ts';

export interface EndpointFields {
  url: string;
  description: string;
  events: readonly EndpointEventType[];
}

const eventTypes = [
  'task.running',
  'task.succeeded',
  'task.failed',
  'task.cancelled',
  'task.deleted',
  'budget.threshold',
  'key.expiring',
] as const satisfies readonly EndpointEventType[];

const emptyFields: EndpointFields = {
  url: '',
  description: '',
  events: ['task.succeeded', 'task.failed', 'task.cancelled'],
};
const draft = createStored('plantain.webhooks.draft.1', emptyFields);

export function EndpointForm({
  given,
  action,
  onSubmit,
}: {
  /** Endpoint to be changed; absent for a new one. */
  given?: WebhookData;
  action: string;
  onSubmit: (fields: EndpointFields) => Promise<void>;
}) {
  const say = useWords(webhooksWords);
  const [fields, setFields] = useState<EndpointFields>(given ?? draft.get());
  function change(changed: Partial<EndpointFields>): void {
    const next = { ...fields, ...changed };
    setFields(next);
    if (given === undefined) draft.set(() => next);
  }

  async function submit(): Promise<void> {
    const { url, description, events } = fields;
    if (events.length === 0) throw new Error(say('eventsNone'));
    await onSubmit({ url: url.trim(), description: description.trim(), events });
    if (given === undefined) draft.set(() => emptyFields);
  }

  return (
    <Form action={action} onSubmit={submit}>
      <InputField
        label={say('url')}
        hint={say('urlHint')}
        type="url"
        required
        placeholder="https://example.com/webhooks"
        value={fields.url}
        onChange={(url) => change({ url })}
      />
      <InputField
        label={say('description')}
        maxLength={500}
        value={fields.description}
        onChange={(description) => change({ description })}
      />
      <Events chosen={fields.events} onChange={(events) => change({ events })} />
    </Form>
  );
}

function Events({
  chosen,
  onChange,
}: {
  chosen: EndpointFields['events'];
  onChange: (events: EndpointFields['events']) => void;
}) {
  const say = useWords(webhooksWords);
  return (
    <Checks
      legend={say('events')}
      options={eventTypes.map((type) => [
        type,
        <>
          {say(type)} <code>{type}</code>
        </>,
      ])}
      chosen={chosen}
      onChange={onChange}
    />
  );
}
