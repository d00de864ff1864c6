// One delivery with all its attempts, in a window; it can be sent again from there.

import { useCallback } from 'react';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { useSubmit } from '../../parts/form/use-submit.ts';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { useWords } from '../../words/words.ts';
import { DeliveryDetails } from './delivery-details.tsx';
import { webhooksWords } from './words.ts';

export function DeliveryDialog({
  id,
  onReplayed,
  onClose,
}: {
  id: string;
  onReplayed: () => void;
  onClose: () => void;
}) {
  const say = useWords(webhooksWords);
  const { client } = useSession();
  const { value, error, reload, replace } = useLoad(
    useCallback((signal: AbortSignal) => client.webhooks.delivery(id, { signal }), [client, id]),
    { everyMs: 2_000 },
  );
  const replay = useSubmit(async () => {
    const replayed = await client.webhooks.replay(id);
    replace(() => replayed);
    onReplayed();
  });

  return (
    <Dialog title={say('delivery')} wide onClose={onClose}>
      <div className="stack">
        {error !== undefined && <Problem error={error} onRetry={reload} />}
        {value === undefined && error === undefined && <Loading />}
        {value !== undefined && <DeliveryDetails delivery={value} onLeave={onClose} />}
        {replay.error !== null && <Problem error={replay.error} isOnce />}
        {value !== undefined && value.state !== 'pending' && (
          <div className="row">
            <button type="button" className="button" disabled={replay.isBusy} onClick={replay.submit}>
              <Icon name="retry" />
              {say('replay')}
            </button>
            <span className="muted">{say('replayNote')}</span>
          </div>
        )}
      </div>
    </Dialog>
  );
}
