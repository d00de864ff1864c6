// The windows in which an endpoint is made, changed, tested or deleted, or gets another secret.

import type { WebhookData, WebhookDeliveryData } from '@plantain/client';
import { Confirm } from '../../parts/dialog/confirm.tsx';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { DeliveryDetails } from './delivery-details.tsx';
import { type EndpointFields, EndpointForm } from './endpoint-form.tsx';
import { useShowSecret } from './secret-shown.ts';
import { webhooksWords } from './words.ts';

export type OpenEndpointDialog =
  | { kind: 'new' }
  | { kind: 'edit' | 'rotate' | 'delete'; endpoint: WebhookData }
  | ({ kind: 'test' } & TestResult);

/** Outcome of a test; neither member is set while it is under way. */
interface TestResult {
  outcome: WebhookDeliveryData | undefined;
  error: unknown;
}

export function EndpointDialog({
  open,
  onClose,
  onChange,
}: {
  open: OpenEndpointDialog;
  onClose: () => void;
  /** Gets what was changed; nothing where the list itself has. */
  onChange: (changed?: WebhookData) => void;
}) {
  const say = useWords(webhooksWords);
  const { webhooks } = useSession().client;
  const showSecret = useShowSecret();
  switch (open.kind) {
    case 'new':
      return <NewEndpoint onClose={onClose} onMade={() => onChange()} />;
    case 'edit':
      return <ChangedEndpoint endpoint={open.endpoint} onClose={onClose} onChange={onChange} />;
    case 'rotate':
      return (
        <Confirm
          title={say('rotateTitle')}
          action={say('rotate')}
          onConfirm={async () => showSecret(await webhooks.rotate(open.endpoint.webhook_id))}
          onClose={onClose}
        >
          <p>{say('rotateText')}</p>
        </Confirm>
      );
    case 'delete':
      return (
        <Confirm
          title={say('deleteTitle')}
          action={say('delete')}
          onConfirm={() => webhooks.delete(open.endpoint.webhook_id).then(() => onChange())}
          onClose={onClose}
        >
          <p>{say('deleteText')}</p>
          <code>{open.endpoint.url}</code>
        </Confirm>
      );
    case 'test':
      return <Test {...open} onClose={onClose} />;
  }
}

function NewEndpoint({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const say = useWords(webhooksWords);
  const { webhooks } = useSession().client;
  const showSecret = useShowSecret();
  async function create(fields: EndpointFields): Promise<void> {
    showSecret(await webhooks.create({ ...fields, events: [...fields.events] }));
    onClose();
    onMade();
  }
  return (
    <Dialog title={say('make')} onClose={onClose}>
      <EndpointForm action={say('create')} onSubmit={create} />
    </Dialog>
  );
}

function ChangedEndpoint({
  endpoint,
  onClose,
  onChange,
}: {
  endpoint: WebhookData;
  onClose: () => void;
  onChange: (changed: WebhookData) => void;
}) {
  const say = useWords(webhooksWords);
  const sayControl = useWords(controlWords);
  const { webhooks } = useSession().client;
  async function save(fields: EndpointFields): Promise<void> {
    onChange(await webhooks.update(endpoint.webhook_id, { ...fields, events: [...fields.events] }));
    onClose();
  }
  return (
    <Dialog title={say('edit')} onClose={onClose}>
      <EndpointForm given={endpoint} action={sayControl('save')} onSubmit={save} />
    </Dialog>
  );
}

function Test({ outcome, error, onClose }: TestResult & { onClose: () => void }) {
  const say = useWords(webhooksWords);
  return (
    <Dialog title={say('testTitle')} wide onClose={onClose}>
      <div className="stack">
        {error !== null && <Problem error={error} isOnce />}
        {error === null && outcome === undefined && <Loading />}
        {outcome !== undefined && <DeliveryDetails delivery={outcome} onLeave={onClose} />}
      </div>
    </Dialog>
  );
}
