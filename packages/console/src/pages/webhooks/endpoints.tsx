// The endpoints of the key: made, changed, switched, tested, deleted; their secrets are shown once.

import type { WebhookData, WebhookDeliveryData } from '@plantain/client';
import { useState } from 'react';
import { Confirm } from '../../parts/dialog/confirm.tsx';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { Empty } from '../../parts/notice/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import type { Loaded } from '../../use-load.ts';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { DeliveryDetails } from './deliveries.tsx';
import { EndpointCard, type EndpointDoing } from './endpoint-card.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import { useShowSecret } from './secret-shown.ts';
import { webhooksWords } from './words.ts';

type Open =
  | { kind: 'new' }
  | { kind: 'edit' | 'rotate' | 'delete'; endpoint: WebhookData }
  | { kind: 'test'; outcome: WebhookDeliveryData | undefined; error: unknown };

export function Endpoints({
  endpoints,
  onSent,
}: {
  endpoints: Loaded<WebhookData[]>;
  /** Called when there is a delivery more. */
  onSent: () => void;
}) {
  const say = useWords(webhooksWords);
  const { client } = useSession();
  const [open, setOpen] = useState<Open | null>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const { value, error, reload, replace } = endpoints;
  const put = (changed: WebhookData) =>
    replace((all) => all.map((each) => (each.webhook_id === changed.webhook_id ? changed : each)));

  function act(doing: EndpointDoing, endpoint: WebhookData): void {
    const { webhook_id: id, enabled } = endpoint;
    setRefused(null);
    if (doing === 'switch') {
      put({ ...endpoint, enabled: !enabled });
      client.webhooks.update(id, { enabled: !enabled }).then(put, (failure: unknown) => {
        put(endpoint);
        setRefused(failure);
      });
    } else if (doing === 'test') {
      setOpen({ kind: 'test', outcome: undefined, error: null });
      const show = (result: { outcome: WebhookDeliveryData | undefined; error: unknown }) =>
        setOpen((last) => (last?.kind === 'test' ? { kind: 'test', ...result } : last));
      client.webhooks.test(id).then(
        (outcome) => {
          show({ outcome, error: null });
          onSent();
        },
        (failure: unknown) => show({ outcome: undefined, error: failure }),
      );
    } else setOpen({ kind: doing, endpoint });
  }

  return (
    <section className="stack">
      <div className="page-head">
        <h2>{say('endpoints')}</h2>
        <button type="button" className="button primary" onClick={() => setOpen({ kind: 'new' })}>
          <Icon name="plus" />
          {say('make')}
        </button>
      </div>
      <p className="muted">{say('endpointsIntro')}</p>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {refused !== null && <Problem error={refused} isOnce />}
      {value === undefined && error === undefined && <Loading />}
      {value?.length === 0 && (
        <Empty icon="hook" title={say('noneTitle')}>
          <p>{say('noneText')}</p>
        </Empty>
      )}
      <ul className="endpoints">
        {value?.map((endpoint) => (
          <EndpointCard
            key={endpoint.webhook_id}
            endpoint={endpoint}
            onDo={(doing) => act(doing, endpoint)}
          />
        ))}
      </ul>
      {open !== null && (
        <OpenDialog
          open={open}
          onClose={() => setOpen(null)}
          onChange={(changed) => {
            if (changed === undefined) reload();
            else put(changed);
          }}
        />
      )}
    </section>
  );
}

function OpenDialog({
  open,
  onClose: close,
  onChange,
}: {
  open: Open;
  onClose: () => void;
  /** Gets what was changed; nothing where the list itself has. */
  onChange: (changed?: WebhookData) => void;
}) {
  const say = useWords(webhooksWords);
  const sayControl = useWords(controlWords);
  const { webhooks } = useSession().client;
  const showSecret = useShowSecret();
  switch (open.kind) {
    case 'new':
      return (
        <Dialog key="new" title={say('make')} onClose={close}>
          <EndpointForm
            action={say('create')}
            onSubmit={async (fields) => {
              showSecret(await webhooks.create({ ...fields, events: [...fields.events] }));
              close();
              onChange();
            }}
          />
        </Dialog>
      );
    case 'edit':
      return (
        <Dialog key="edit" title={say('edit')} onClose={close}>
          <EndpointForm
            given={open.endpoint}
            action={sayControl('save')}
            onSubmit={async (fields) => {
              onChange(
                await webhooks.update(open.endpoint.webhook_id, { ...fields, events: [...fields.events] }),
              );
              close();
            }}
          />
        </Dialog>
      );
    case 'rotate':
      return (
        <Confirm
          key="rotate"
          title={say('rotateTitle')}
          action={say('rotate')}
          onConfirm={async () => showSecret(await webhooks.rotate(open.endpoint.webhook_id))}
          onClose={close}
        >
          <p>{say('rotateText')}</p>
        </Confirm>
      );
    case 'delete':
      return (
        <Confirm
          key="delete"
          title={say('deleteTitle')}
          action={say('delete')}
          onConfirm={async () => {
            await webhooks.delete(open.endpoint.webhook_id);
            onChange();
          }}
          onClose={close}
        >
          <p>{say('deleteText')}</p>
          <code>{open.endpoint.url}</code>
        </Confirm>
      );
    case 'test':
      return (
        <Dialog key="test" title={say('testTitle')} wide onClose={close}>
          <div className="stack">
            {open.error !== null && <Problem error={open.error} isOnce />}
            {open.error === null && open.outcome === undefined && <Loading />}
            {open.outcome !== undefined && <DeliveryDetails delivery={open.outcome} onLeave={close} />}
          </div>
        </Dialog>
      );
  }
}
