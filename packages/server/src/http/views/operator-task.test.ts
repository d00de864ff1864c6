import { expect, test } from 'vitest';
import { noMoney } from '../../core/ledger/money.ts';
import type { Task } from '../../core/tasks/task.ts';
import { operatorTaskData } from './operator-task.ts';
import type { Links } from './task-view.ts';

const failure = {
  type: 'upstream_unavailable',
  message: 'It said: no zebra today.',
  retryable: true,
  upstreamReason: 'ZEBRA',
} as const;
const task: Task = {
  id: '019aa000-0000-7000-8000-00000000002a',
  keyId: 'key_1',
  ownerId: 'own_1',
  priority: 2,
  action: 'edit',
  model: 'nano-banana',
  request: {
    prompt: 'a zebra',
    inputs: [{ kind: 'url', url: 'https://zebra.example/' }],
    aspectRatio: 'auto',
    imageSize: '1K',
    metadata: { zebra: 'yes' },
  },
  state: 'error',
  createdAt: 1_000,
  batchId: null,
  updatedAt: 5_000,
  changed: 1,
  cancelRequestedAt: null,
  dueAt: 1_000,
  deadlineAt: 9_000,
  finishedAt: 5_000,
  progress: 0,
  triesUsed: 1,
  result: null,
  failure,
  attempts: [
    {
      number: 1,
      upstream: 'gemini',
      upstreamModel: 'm',
      startedAt: 2_000,
      finishedAt: 4_000,
      outcome: 'failed',
      failure,
      maybeBilled: true,
      credential: 'key_7',
      operation: null,
      usage: null,
      costMicroUsd: 39_000,
    },
  ],
  money: {
    ...noMoney,
    estimatedMicroUsd: 100_000,
    unitMicroUsd: 100_000,
    reservedMicroUsd: 0,
    chargedMicroUsd: 0,
  },
};

test('the operator sees what the upstream costs also where the owner pays another price, and no words of it', () => {
  const shown = operatorTaskData(task, null);
  expect(shown).toMatchObject({
    cost_micro_usd: 39_000,
    cost: { estimated_micro_usd: 100_000, charged_micro_usd: 0 },
    attempts: [
      {
        upstream: 'gemini',
        credential: 'key_7',
        maybe_billed: true,
        cost_micro_usd: 39_000,
        error: { type: 'upstream_unavailable' },
      },
    ],
    error: { type: 'upstream_unavailable', retryable: true },
  });
  expect(JSON.stringify(shown)).not.toMatch(/zebra/i);
});

test('an operator who may see everything sees the request and the words', () => {
  const links: Links = { key: '', lifetimeSeconds: 60, to: () => '' };
  const shown = operatorTaskData(task, { links, linkTo: (path) => path, now: 6_000 });
  expect(shown.request).toMatchObject({ prompt: 'a zebra', metadata: { zebra: 'yes' } });
  expect(shown.request).not.toHaveProperty('prompt_deleted');
  const request = { ...task.request, prompt: '', promptDeleted: true } as const;
  const without = operatorTaskData({ ...task, request }, { links, linkTo: (path) => path, now: 6_000 });
  expect(without.request).toMatchObject({ prompt: '', prompt_deleted: true });
  expect(shown.error).toMatchObject({ message: 'It said: no zebra today.', upstream_reason: 'ZEBRA' });
});
