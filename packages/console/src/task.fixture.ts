import type { TaskData } from '@plantain/client';

/** A pending task; `number` gives its id, later numbers being newer. */
export function fixtureTask(number: number, rest: Partial<TaskData> = {}): TaskData {
  return {
    task_id: fixtureId(number),
    state: 'pending',
    data: { images: [], description: '' },
    create_time: String(1_790_000_000 + number),
    update_time: String(1_790_000_000 + number),
    msg: '',
    status: '0',
    action: 'generate',
    model: 'nano-banana',
    progress: 0,
    attempts: [],
    ...rest,
  };
}

export function fixtureId(number: number): string {
  return `0199${String(number).padStart(4, '0')}-0000-7000-8000-000000000000`;
}
