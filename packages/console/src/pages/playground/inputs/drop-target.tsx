import { Icon } from '../../../parts/icon.tsx';
import { useSession } from '../../../session.tsx';
import { useWords } from '../../../words/words.ts';
import { useDropping } from './use-transfers.ts';
import { useUploads } from './use-uploads.ts';
import { playgroundWords } from '../words.ts';

/** Takes files that are dropped anywhere on the page, and says so while some are dragged over it. */
export function DropTarget() {
  const say = useWords(playgroundWords);
  const { client } = useSession();
  const isOver = useDropping(useUploads(client));
  if (!isOver) return null;
  return (
    <div className="drop-target">
      <p>
        <Icon name="image" />
        {say('dropHere')}
      </p>
    </div>
  );
}
