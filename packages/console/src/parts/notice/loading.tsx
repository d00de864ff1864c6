import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';

export function Loading() {
  const say = useWords(controlWords);
  return (
    <p className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      {say('loading')}
    </p>
  );
}
