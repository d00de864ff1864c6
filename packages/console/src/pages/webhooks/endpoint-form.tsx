// The fields of an endpoint: for a new one, whose draft a reload keeps, and for one that is changed.

import type { WebhookData, WebhookEventType } from '@plantain/client';
import { type FormEvent, useId, useState } from 'react';
import { Problem } from '../../parts/notice/problem.tsx';
import { createStored } from '../../stored.ts';
import { useWords } from '../../words/words.ts';
import { webhooksWords } from './words.ts';

export interface EndpointFields {
  url: string;
  description: string;
  events: readonly WebhookEventType[];
}

const eventTypes = [
  'task.running',
  'task.succeeded',
  'task.failed',
  'task.cancelled',
] as const satisfies readonly WebhookEventType[];

const emptyFields: EndpointFields = {
  url: '',
  description: '',
  events: eventTypes.filter((type) => type !== 'task.running'),
};
const draft = createStored('plantain.webhooks.draft.1', emptyFields);

export function EndpointForm({
  given,
  action,
  onSubmit,
}: {
  /** Without it, an endpoint is made. */
  given?: WebhookData;
  action: string;
  onSubmit: (fields: EndpointFields) => Promise<void>;
}) {
  const say = useWords(webhooksWords);
  const [fields, setFields] = useState<EndpointFields>(given ?? draft.get());
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const id = useId();
  function change(changed: Partial<EndpointFields>): void {
    const next = { ...fields, ...changed };
    setFields(next);
    if (given === undefined) draft.set(() => next);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (fields.events.length === 0) {
      setError(new Error(say('eventsNone')));
      return;
    }
    setBusy(true);
    const { url, description, events } = fields;
    onSubmit({ url: url.trim(), description: description.trim(), events }).then(
      () => {
        if (given === undefined) draft.set(() => emptyFields);
      },
      (failure: unknown) => {
        setError(failure);
        setBusy(false);
      },
    );
  }

  return (
    <form className="stack" onSubmit={submit}>
      <div className="field">
        <label htmlFor={`${id}-url`}>{say('url')}</label>
        <input
          id={`${id}-url`}
          type="url"
          required
          placeholder="https://example.com/webhooks"
          value={fields.url}
          aria-describedby={`${id}-url-hint`}
          onChange={({ target }) => change({ url: target.value })}
        />
        <span className="hint" id={`${id}-url-hint`}>
          {say('urlHint')}
        </span>
      </div>
      <div className="field">
        <label htmlFor={`${id}-description`}>{say('description')}</label>
        <input
          id={`${id}-description`}
          maxLength={500}
          value={fields.description}
          onChange={({ target }) => change({ description: target.value })}
        />
      </div>
      <fieldset className="webhook-events">
        <legend>{say('events')}</legend>
        {eventTypes.map((type) => (
          <label key={type} className="row">
            <input
              type="checkbox"
              checked={fields.events.includes(type)}
              onChange={({ target }) =>
                change({
                  events: eventTypes.filter((each) =>
                    each === type ? target.checked : fields.events.includes(each),
                  ),
                })
              }
            />
            {say(type)} <code>{type}</code>
          </label>
        ))}
      </fieldset>
      {error !== null && <Problem error={error} isOnce />}
      <div className="row">
        <button type="submit" className="button primary" disabled={busy}>
          {action}
        </button>
      </div>
    </form>
  );
}
