// The deliveries that were found, and one of them in a window.

import type { WebhookDeliveryData } from '@plantain/client';
import { type ReactNode, useState } from 'react';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import type { LoadedPages } from '../../use-pages.ts';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { DeliveryDialog } from './delivery-dialog.tsx';
import { DeliveryTable } from './delivery-table.tsx';
import './webhooks.css';

export function Deliveries({ found, empty }: { found: LoadedPages<WebhookDeliveryData>; empty: ReactNode }) {
  const sayControl = useWords(controlWords);
  const { value, error, reload, more } = found;
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value?.items.length === 0 && empty}
      {value !== undefined && value.items.length > 0 && (
        <DeliveryTable deliveries={value.items} onOpen={setOpen} />
      )}
      {value?.isComplete === false && (
        <div className="row">
          <button type="button" className="button" onClick={more}>
            {sayControl('more')}
          </button>
        </div>
      )}
      {open !== null && <DeliveryDialog id={open} onReplayed={reload} onClose={() => setOpen(null)} />}
    </>
  );
}
