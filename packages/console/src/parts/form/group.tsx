import type { ReactNode } from 'react';
import './group.css';

/** Fields that belong together, in a frame with their name. */
export function Group({ legend, hint, children }: { legend: string; hint?: string; children: ReactNode }) {
  return (
    <fieldset className="group">
      <legend>{legend}</legend>
      {hint !== undefined && <p className="hint">{hint}</p>}
      {children}
    </fieldset>
  );
}
