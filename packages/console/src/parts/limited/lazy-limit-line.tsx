// The line comes in a file of its own when a limit is first met, so that the first page is there sooner.

import { type ComponentProps, lazy, Suspense } from 'react';
import type Line from './limit-line.tsx';

/** Where the file does not come, the sentence of the server says enough. */
const LoadedLine = lazy(() => import('./limit-line.tsx').catch(() => ({ default: () => null })));

export function LimitLine(props: ComponentProps<typeof Line>) {
  return (
    <Suspense>
      <LoadedLine {...props} />
    </Suspense>
  );
}
