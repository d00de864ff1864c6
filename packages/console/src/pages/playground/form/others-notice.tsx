import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';
import type { Others } from './fields.ts';

/** Says what is asked for that the form has no field for, by the names of the API's members, and leaves it out on request. */
export function OthersNotice({ others, onLeave }: { others: Others; onLeave: () => void }) {
  const say = useWords(playgroundWords);
  const { mask, ...options } = others;
  const named = Object.entries(options).map(([name, value]) => `${name}: ${value}`);
  const all = [...(mask === undefined ? [] : ['mask']), ...named];
  if (all.length === 0) return null;
  return (
    <div className="row">
      <p className="hint">{say('others', { what: all.join(', ') })}</p>
      <button type="button" className="button small" onClick={onLeave}>
        {say('othersLeave')}
      </button>
    </div>
  );
}
