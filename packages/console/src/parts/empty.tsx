import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** Where there is nothing to show yet: what would be here, and how it comes. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
