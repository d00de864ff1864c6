// A list of facts: names on the left, values on the right.

import type { ReactNode } from 'react';
import { useFormat } from '../format/format.ts';
import { useNow } from '../use-now.ts';
import './facts.css';

export function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Time of day, and how long ago or ahead that is. `at` is in Unix seconds. */
export function Time({ at }: { at: string }) {
  const format = useFormat();
  const now = useNow();
  return (
    <>
      <time dateTime={new Date(Number(at) * 1000).toISOString()}>{format.time(at)}</time>{' '}
      <span className="muted">({format.relative(at, now * 1000)})</span>
    </>
  );
}
