import type { TaskData } from '@plantain/client';
import { Link } from 'wouter';
import { useWords } from '../../words/words.ts';
import { Deliveries } from '../webhooks/deliveries.tsx';
import { useDeliveries } from '../webhooks/use-deliveries.ts';
import { tasksWords } from './words.ts';

export function TaskDeliveries({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const deliveries = useDeliveries({ task_id: task.task_id });
  return (
    <section className="card stack">
      <h2>{say('deliveries')}</h2>
      <Deliveries
        found={deliveries}
        empty={
          <p className="muted">
            {say('deliveriesNone')} <Link href="/webhooks">{say('deliveriesHow')}</Link>
          </p>
        }
      />
    </section>
  );
}
