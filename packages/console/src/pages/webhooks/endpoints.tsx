// The endpoints of the key: made, changed, switched, tested, deleted; their secrets are shown once.

import type { WebhookData, WebhookDeliveryData } from '@plantain/client';
import { useState } from 'react';
import { Empty } from '../../parts/notice/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import type { Loaded } from '../../use-load.ts';
import { useWords } from '../../words/words.ts';
import { EndpointCard, type EndpointDoing } from './endpoint-card.tsx';
import { EndpointDialog, type OpenEndpointDialog } from './endpoint-dialog.tsx';
import { webhooksWords } from './words.ts';

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
  const [open, setOpen] = useState<OpenEndpointDialog | null>(null);
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
        <EndpointDialog
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
