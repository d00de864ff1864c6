import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';

export function Loading() {
  const say = useWords(commonWords);
  return (
    <p className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      {say('loading')}
    </p>
  );
}
