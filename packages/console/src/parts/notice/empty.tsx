import type { ReactNode } from 'react';
import { Icon, type IconName } from '../icon.tsx';

/** Notice in place of a list that is still empty: what would be here, and how it comes. `isPage`: in place of a whole page. */
export function Empty({
  icon,
  title,
  isPage = false,
  children,
}: {
  icon: IconName;
  title: string;
  isPage?: boolean;
  children?: ReactNode;
}) {
  return (
    <div className="empty">
      <Icon name={icon} />
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </div>
  );
}
