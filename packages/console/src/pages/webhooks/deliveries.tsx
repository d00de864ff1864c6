// The deliveries that were found, and one of them in a window.

import { type ReactNode, useState } from 'react';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { DeliveryDialog } from './delivery-dialog.tsx';
import { DeliveryTable } from './delivery-table.tsx';
import type { FoundDeliveries } from './use-deliveries.ts';
import './webhooks.css';

export function Deliveries({ found, empty }: { found: FoundDeliveries; empty: ReactNode }) {
  const sayControl = useWords(controlWords);
  const { value, error, reload, more } = found;
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value?.deliveries.length === 0 && empty}
      {value !== undefined && value.deliveries.length > 0 && (
        <DeliveryTable deliveries={value.deliveries} onOpen={setOpen} />
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
