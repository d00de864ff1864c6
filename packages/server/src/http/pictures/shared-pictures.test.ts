import { expect, test } from 'vitest';
import { noPrice } from '../../core/ledger/money.ts';
import { createPrepareTasks } from '../../core/submit/prepare-tasks.ts';
import { createSubmit, type Submission } from '../../core/submit/submit.ts';
import { RequestError } from '../../core/errors.ts';
import type { NewTask } from '../../core/tasks/task-store.ts';
import { readBatch } from '../submit/batch-submission.ts';
import { decodePictures } from '../submit/picture-members.ts';
import { refusalOf, startServer, statusPath } from '../server.fixture.ts';
import { createModelTable, shippedModels } from '../../core/models/models.ts';

// A batch may have one picture for a thousand tasks: it is in memory once, and looked at once.

const limits = {
  models: createModelTable(shippedModels),
  defaultModel: 'nano-banana',
  promptMaxCharacters: 100,
  maxPictureBytes: 2 ** 20,
  defaultDeadlineSeconds: 60,
  maxDeadlineSeconds: 60,
  maxPictureLifetimeSeconds: 60,
  checkWebhookUrl: () => null,
};
const tasks = Array.from({ length: 1_000 }, () => ({ prompt: 'x' }));
const uri = `data:image/png;base64,${'A'.repeat(400_000)}`;
function read(given: object) {
  const body = { fields: { tasks, ...given }, files: [] };
  decodePictures(body.fields, { maxBytes: limits.maxPictureBytes });
  return readBatch(body, limits);
}
const bytesOf = ({ inputs }: Submission) =>
  inputs.flatMap((each) => (each.kind === 'bytes' ? each.bytes : []));

test.each([
  ['a list', { image_urls: [uri] }],
  ['one value', { image: uri }],
  ['a list as text', { image_url: JSON.stringify([uri]) }],
  ['one with space around it', { image: ` ${uri} ` }],
])('as %s, it is decoded once', async (_name, fields) => {
  const { submissions } = await read(fields);
  const pictures = submissions.flatMap(bytesOf);
  expect(pictures).toHaveLength(1_000);
  expect(new Set(pictures).size).toBe(1);
  expect(pictures[0]?.length).toBe(300_000);
});

/** A submit whose pictures `keep` counts and keeps, or refuses. */
function submitTo(keep: (what: Uint8Array | string) => Promise<string>) {
  const stored: NewTask[] = [];
  const details = { width: 1, height: 1, content_type: 'image/png', bytes: 1, sha256: '' };
  const prepare = createPrepareTasks({
    storedBytes: { check: async () => {} },
    quote: () => noPrice,
    storeInput: async (bytes) => ({ kind: 'stored', key: await keep(bytes), details }),
    resolveOwnLink: async (link) => ({ kind: 'stored', key: await keep(link), details }),
    touchInput: async () => true,
    storeLink: null,
    admission: { admit: async () => {}, reasons: async () => [], drain() {} },
    clock: { now: () => 1 },
  });
  const submit = createSubmit({
    prepare,
    store: {
      insert: async (inserted) => {
        stored.push(...inserted);
        return { kind: 'inserted' };
      },
      findAnswer: async () => null,
    },
    gate: { unpriced: 'refuse' },
    clock: { now: () => 1 },
    emit() {},
    answerRetentionMs: 1,
  });
  const { signal } = new AbortController();
  const owner = { keyId: 'key', ownerId: 'key', models: null, priorityMax: 0, limited: [] };
  return { stored, submit: (some: Submission[]) => submit(owner, some, () => '{}', { signal }) };
}

test('it is looked at and kept once, and so is what is behind a link', async () => {
  const kept: unknown[] = [];
  const { stored, submit } = submitTo(async (what) => `inputs/${kept.push(what)}`);
  const { submissions } = await read({ image_urls: [uri, 'https://pictures.example/a.png'] });
  await submit(submissions);
  expect(kept).toHaveLength(2);
  expect(stored).toHaveLength(1_000);
  expect(new Set(stored.map(({ request }) => JSON.stringify(request.inputs))).size).toBe(1);
});

test('one that can’t be kept is a fault of every task that has it', async () => {
  const { submit } = submitTo(() => Promise.reject(new RequestError('input_unreachable', 'It is gone.')));
  const link = 'https://pictures.example/a.png';
  const { submissions } = await read({ tasks: [{ prompt: 'x' }, { prompt: 'y' }], image: link });
  const refused = await submit(submissions).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    type: 'input_unreachable',
    message: 'tasks[0].image[0]: It is gone. tasks[1].image[0]: It is gone.',
    details: [
      { path: 'tasks[0].image[0]', message: 'It is gone.' },
      { path: 'tasks[1].image[0]', message: 'It is gone.' },
    ],
  });
});

test('a fault that a thousand tasks share is told of some hundreds, not of all', async () => {
  const server = await startServer();
  const bad = Array.from({ length: 100 }, () => 1);
  const body = JSON.stringify({ tasks, image_urls: bad, image_url: bad, image: bad });
  const answer = await server.call(`${statusPath}/batch`, { method: 'POST', body });
  const { details } = refusalOf(answer, 400).error;
  expect(details?.length).toBeGreaterThan(100);
  expect(details?.length).toBeLessThan(1_000);
});
