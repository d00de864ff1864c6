import { expect, test } from 'vitest';
import { RequestError } from '../../../core/errors.ts';
import { createModelTable, shippedModels } from '../../../core/models/models.ts';
import { type AskedTask, readAsked } from './asked-task.ts';

const limits = {
  models: createModelTable(shippedModels),
  defaultModel: 'nano-banana-2.1',
  promptMaxCharacters: 100,
  maxPictureBytes: 1_000,
  defaultDeadlineSeconds: 60,
  maxDeadlineSeconds: 60,
  maxPictureLifetimeSeconds: 60,
  checkWebhookUrl: () => null,
};
const names = { aspect_ratio: 'imageConfig.aspectRatio', size: 'dimensions', image_urls: 'contents' };
const bytes = Buffer.from('picture');
const faultsOf = (asked: AskedTask, faults: { path: string; message: string }[] = []) => {
  try {
    readAsked(asked, limits, { names, faults });
  } catch (error) {
    return (error as RequestError).details?.map(({ path }) => path);
  }
  return [];
};

test('a task is what the face has read, and its pictures are known by their own paths', () => {
  const pictures = [
    { path: 'contents[0].parts[1]', value: bytes },
    { path: 'contents[1].parts[0]', value: 'https://a.example/b.png' },
  ];
  const { submission } = readAsked(
    { prompt: 'x', model: 'nano-banana-pro', aspectRatio: '16:9', pictures },
    limits,
  );
  expect(submission).toMatchObject({
    action: 'edit',
    model: 'nano-banana-pro',
    aspectRatio: '16:9',
    inputs: [
      { kind: 'bytes', path: 'contents[0].parts[1]', bytes },
      { kind: 'url', path: 'contents[1].parts[0]' },
    ],
  });
  expect(readAsked({ prompt: 'x' }, limits).submission.action).toBe('generate');
});

test('faults and warnings name members as the face’s clients do, its own faults first', () => {
  const pictures = [
    { path: 'contents[2].file', value: new Error('is damaged') },
    { path: 'b', value: undefined },
  ];
  const asked = { prompt: '', aspectRatio: '7:5', pictures };
  const own = [{ path: 'mask', message: 'is not taken' }];
  expect(faultsOf(asked, own)).toEqual([
    'mask',
    'prompt',
    'contents[2].file',
    'b',
    'imageConfig.aspectRatio',
  ]);
  expect(faultsOf({ action: 'edit', prompt: 'x' })).toEqual(['contents']);
  expect(faultsOf({ prompt: 'x' }, own)).toEqual(['mask']);
  const { warnings } = readAsked({ prompt: 'x', aspectRatio: '1:1', size: '1024x1536' }, limits, { names });
  expect(warnings).toEqual([expect.stringMatching(/^dimensions: .* as imageConfig\.aspectRatio says 1:1$/)]);
});
