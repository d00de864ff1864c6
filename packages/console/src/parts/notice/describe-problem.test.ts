import {
  ConnectionError,
  PlantainError,
  type RequestErrorType,
  TimeoutError,
  toApiError,
  UnexpectedAnswerError,
  UnsupportedError,
} from '@plantain/client';
import { expect, test } from 'vitest';
import { describeProblem } from './describe-problem.ts';

const fault = { path: 'prompt', message: 'is required' };
const invalid = (details: (typeof fault)[]) =>
  toApiError({ message: 'Not valid: prompt is required.', status: 400, type: 'invalid_request', details });
const wordOf = (error: unknown) => describeProblem(error, 'zh').lead;

test('a refusal is told by its type, and the sentence of the server is quoted', () => {
  const error = toApiError({ message: 'No such task.', status: 404, type: 'not_found', requestId: 'req_1' });
  expect(describeProblem(error, 'zh')).toMatchObject({
    lead: { word: 'not_found' },
    quoted: { text: 'No such task.', by: 'server' },
    requestId: 'req_1',
  });
});

test('whoever reads English gets the sentence of the server alone', () => {
  const error = toApiError({ message: 'No such task.', status: 404, type: 'not_found' });
  const told = describeProblem(error, 'en');
  expect([told.lead, told.quoted]).toEqual([{ text: 'No such task.' }, undefined]);
  expect(describeProblem(invalid([fault]), 'en')).toMatchObject({
    lead: { text: invalid([]).message },
    faults: [],
  });
});

test('faults are told each at its place, and the sentence that names them is not', () => {
  const two = [fault, { path: 'seed', message: 'must be a number' }];
  for (const told of [
    describeProblem(invalid(two), 'en'),
    describeProblem(invalid(two), 'zh'),
    describeProblem(invalid([fault]), 'zh'),
  ]) {
    expect(told).toMatchObject({ lead: { word: 'invalid_request' } });
    expect(told.quoted).toBeUndefined();
    expect(told.faults[0]).toEqual(fault);
  }
});

test('the budget that refuses is told in figures beside the sentence of the server, which is quoted in Chinese', () => {
  const message = 'The budget of the key key_1 is exhausted.';
  const limit = { path: '', message, of: 'key', id: 'key_1', limit: 'budget' } as const;
  const error = toApiError({ message, status: 402, type: 'budget_exhausted', details: [limit] });
  expect(describeProblem(error, 'en')).toMatchObject({
    lead: { text: message },
    faults: [],
    limit,
  });
  expect(describeProblem(error, 'zh')).toMatchObject({
    lead: { word: 'budget_exhausted' },
    quoted: { text: message, by: 'server' },
    faults: [],
    limit,
  });
});

test('how long the server wants to be left alone is told', () => {
  const error = toApiError({ message: 'x', status: 429, type: 'rate_limited', retryAfterSeconds: 7 });
  expect(describeProblem(error, 'en').retryAfterSeconds).toBe(7);
  expect(describeProblem(new Error('x'), 'en').retryAfterSeconds).toBe(0);
});

test('a refusal of a newer server, or of none of ours, is still one', () => {
  const newer = 'out_of_paper' as RequestErrorType;
  expect(wordOf(toApiError({ message: 'x', status: 418, type: newer }))).toEqual({ word: 'refused' });
  expect(wordOf(toApiError({ message: 'x', status: 418 }))).toEqual({ word: 'refused' });
  expect(wordOf(new UnexpectedAnswerError({ message: 'x', status: 200 }))).toEqual({ word: 'unexpected' });
});

test('what else the client throws has words too', () => {
  expect(wordOf(new ConnectionError('x'))).toEqual({ word: 'noAnswer' });
  expect(wordOf(new TimeoutError('x'))).toEqual({ word: 'noAnswer' });
  expect(wordOf(new UnsupportedError('x'))).toEqual({ word: 'unsupported' });
  expect(wordOf(new PlantainError('x'))).toEqual({ word: 'failed' });
});

test('what a page itself has to say is said as it is; an error of the browser is a fault of the page', () => {
  expect(describeProblem(new Error('请选择'), 'zh')).toMatchObject({ lead: { text: '请选择' } });
  const fromBrowser = { lead: { word: 'pageFault' }, quoted: { text: 'x is null', by: 'page' } };
  expect(describeProblem(new TypeError('x is null'), 'en')).toMatchObject(fromBrowser);
  expect(describeProblem('x is null', 'zh')).toMatchObject(fromBrowser);
});
