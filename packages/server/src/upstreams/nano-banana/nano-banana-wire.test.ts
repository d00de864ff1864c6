import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import openapi from '../../../../../docs/openapi.json' with { type: 'json' };
import { nanoBananaHarness, nanoBananaKey, openNanoBanana } from './nano-banana.fixture.ts';

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(openapi, 'openapi.json');
const validator = (name: string) => ajv.compile({ $ref: `openapi.json#/components/schemas/${name}` });

test('the loopback server speaks as the reference of the API says', async () => {
  const server = await openNanoBanana();
  const ask = async (path: string, init: RequestInit = {}, authorization = nanoBananaKey) => {
    const answer = await fetch(`${server.url}/api/gemini/${path}`, { ...init, headers: { authorization } });
    return (await answer.json()) as { data: { task_id: string } };
  };
  try {
    const submitted = await ask('nano-banana', { method: 'POST', body: '{}' });
    const { refusals } = nanoBananaHarness;
    for (const [name, body] of [
      ['SubmitEnvelope', submitted],
      ['TaskEnvelope', await ask(`nano-banana/${submitted.data.task_id}`)],
      ['ErrorEnvelope', await ask('nano-banana', { method: 'POST', body: '{}' }, 'wrong')],
      ['TaskEnvelope', refusals['content refused'].body],
      ['ErrorEnvelope', refusals['model unknown'].body],
      ['ErrorEnvelope', refusals.overloaded.body],
    ] as const) {
      const valid = validator(name);
      expect(valid(body), JSON.stringify(valid.errors)).toBe(true);
    }
  } finally {
    await server.close();
  }
});
