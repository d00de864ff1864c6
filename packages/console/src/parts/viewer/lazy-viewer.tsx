import { Suspense } from 'react';
import { lazyPage } from '../../lazy-page.ts';
import type { ViewerProps } from './viewer.tsx';

const Viewer = lazyPage(() => import('./viewer.tsx'));

/** The picture viewer, in a file of its own: nothing is to be opened while the first page loads. */
export function PictureViewer(props: ViewerProps) {
  return (
    <Suspense>
      <Viewer {...props} />
    </Suspense>
  );
}
