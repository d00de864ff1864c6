// Examples of answers to the operator.

import type { AnswerData } from './answer-types.ts';
import { key, owner } from './key-examples.ts';

export const operatorTask: AnswerData['OperatorTask'] = {
  task_id: '01a2056a-2a83-72c6-972a-2013e9fd9af3',
  key_id: key.key_id,
  owner_id: owner.owner_id,
  state: 'error',
  action: 'generate',
  model: 'nano-banana-2.1',
  priority: 0,
  progress: 0,
  create_time: '1795387173',
  update_time: '1795387177',
  deadline: '1795388073',
  end_time: '1795387177',
  batch_id: null,
  pictures: 0,
  attempts: [
    {
      number: 1,
      upstream: 'gemini',
      upstream_model: 'gemini-nano-banana-2.1',
      credential: 'key_1',
      start_time: '1795387173',
      end_time: '1795387177',
      outcome: 'failed',
      error: { type: 'content_rejected' },
      cost_micro_usd: 0,
    },
  ],
  error: { type: 'content_rejected', retryable: false },
  cost_micro_usd: 0,
  cost: { estimated_micro_usd: 67_206, reserved_micro_usd: 0, charged_micro_usd: 0 },
};

export const audit: AnswerData['Audit'] = {
  entries: [
    {
      at: '1795387173',
      act: 'key.change',
      who: 'key_4mZ0cV7yT1qL',
      who_name: 'admin',
      subject: key.key_id,
      before: { expires_at: null },
      after: { expires_at: '1803163177' },
      address: '203.0.113.7',
      request_id: 'req_5b1c9a2e_1z',
    },
  ],
  next_cursor: null,
};
