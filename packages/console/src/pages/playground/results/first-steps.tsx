import { Empty } from '../../../parts/notice/empty.tsx';
import { useWords } from '../../../words/words.ts';
import { draft } from '../form/fields.ts';
import { playgroundWords } from '../words.ts';

const examples = ['example1', 'example2', 'example3'] as const;

/** Example prompts, shown before there is any picture. */
export function FirstSteps({ onChosen }: { onChosen: () => void }) {
  const say = useWords(playgroundWords);
  return (
    <Empty icon="image" title={say('emptyTitle')}>
      <p>{say('emptyText')}</p>
      <div className="stack">
        {examples.map((example) => (
          <button
            key={example}
            type="button"
            className="button"
            onClick={() => {
              draft.set((fields) => ({ ...fields, prompt: say(example) }));
              onChosen();
            }}
          >
            {say(example)}
          </button>
        ))}
      </div>
    </Empty>
  );
}
