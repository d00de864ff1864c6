import { useWords } from '../../../words/words.ts';
import type { Repeat } from './use-generate.ts';
import { playgroundWords } from '../words.ts';

/** Says that the same picture would be made again, and asks what is wanted. */
export function RepeatNotice({ repeat: { seed, again, withNewSeed } }: { repeat: Repeat }) {
  const say = useWords(playgroundWords);
  return (
    <div className="repeat">
      <p>{say('repeat', { seed })}</p>
      <div className="row">
        <button type="button" className="button small" onClick={withNewSeed}>
          {say('repeatNewSeed')}
        </button>
        <button type="button" className="button small" onClick={again}>
          {say('repeatAgain')}
        </button>
      </div>
    </div>
  );
}
