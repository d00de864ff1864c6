import type { ResultDetails, TaskData } from '@plantain/client';
import { Fact, Facts, Time } from '../../parts/facts/facts.tsx';
import { CopyButton } from '../../parts/form/copy-button.tsx';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';
import { tasksWords } from './words.ts';

/** How each picture of a task came about, closed until somebody wants to know. Tasks from before there were receipts have the hashes alone. */
export function TaskReceipts({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const { image_details: all = [] } = task;
  return all.map((details, index) => (
    <details key={index} className="task-receipt">
      <summary>{say(all.length === 1 ? 'receipt' : 'receiptOf', { number: index + 1 })}</summary>
      <Receipt of={details} />
    </details>
  ));
}

function Receipt({ of: { receipt, sha256 } }: { of: ResultDetails }) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  return (
    <>
      <Facts>
        {receipt !== undefined && (
          <>
            <Fact name={sayFact('model')}>{receipt.model}</Fact>
            <Fact name={say('upstream')}>
              {receipt.upstream} · {receipt.upstream_model}
            </Fact>
            <Fact name={say('made')}>
              <Time at={receipt.create_time} />
            </Fact>
          </>
        )}
        <Fact name="SHA-256">
          <code>{sha256}</code>
        </Fact>
      </Facts>
      <CopyButton text={sha256} label={say('copyHash')} />
    </>
  );
}
