// Pages come in files of their own when they are first shown, and before, once the first one is there and nothing else is to do: the
// server may be away when somebody wants another.

import { type ComponentType, lazy, type LazyExoticComponent } from 'react';

type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

const loads: (() => Promise<unknown>)[] = [];
const afterFirstMs = 1_500;

/** The files of a page did not come. */
export class PageNotLoadedError extends Error {
  override readonly name = 'PageNotLoadedError';
}

export function lazyPage<Props extends object>(load: Load<Props>): LazyExoticComponent<ComponentType<Props>> {
  loads.push(load);
  return lazy(() =>
    load().catch((cause: unknown) => {
      throw new PageNotLoadedError('The files of this page did not come.', { cause });
    }),
  );
}

/** Gives the function that leaves it. */
export function loadAllPages(): () => void {
  const timer = setTimeout(() => {
    // One that does not come now is asked for when it is shown.
    for (const load of loads) load().catch(() => {});
  }, afterFirstMs);
  return () => clearTimeout(timer);
}
