import { expect, test } from 'vitest';
import { chooseConventions } from './call-attributes.ts';

const kinds = new Map([['pool', 'gemini']]);
const call = { upstream: 'pool', upstreamModel: 'gemini-3-pro-image', count: 2, seed: 7 };
const answer = { pictures: 2, usage: { input_tokens: 11, output_tokens: 1120 } };

test('attributes of the conventions for generative AI come only where they were chosen', () => {
  for (const variable of [undefined, '', 'http/dup,gen_ai']) {
    const { describeCall, describeAnswer } = chooseConventions(variable, kinds);
    expect(describeCall(call).name).toBe('call pool');
    const all = { ...describeCall(call).attributes, ...describeAnswer(answer) };
    expect(Object.keys(all).filter((name) => name.startsWith('gen_ai.'))).toEqual([]);
  }
});

test('a call is described by the conventions, with its provider, its model, its pictures and its tokens', () => {
  const { describeCall, describeAnswer } = chooseConventions('http, gen_ai_latest_experimental', kinds);
  const { name, attributes } = describeCall(call);
  expect(name).toBe('generate_content gemini-3-pro-image');
  expect({ ...attributes, ...describeAnswer(answer) }).toEqual({
    'plantain.upstream': 'pool',
    'plantain.upstream_model': 'gemini-3-pro-image',
    'plantain.count': 2,
    'plantain.pictures': 2,
    'gen_ai.operation.name': 'generate_content',
    'gen_ai.provider.name': 'gcp.gemini',
    'gen_ai.request.model': 'gemini-3-pro-image',
    'gen_ai.output.type': 'image',
    'gen_ai.request.choice.count': 2,
    'gen_ai.request.seed': 7,
    'gen_ai.usage.input_tokens': 11,
    'gen_ai.usage.output_tokens': 1120,
  });
});
