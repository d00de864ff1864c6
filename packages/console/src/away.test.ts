import { ApiError, ConnectionError, TimeoutError } from '@plantain/client';
import { expect, test } from 'vitest';
import { isAway, isTemporary } from './away.ts';

test('a server is away when nobody answers, or a proxy in its place', () => {
  for (const error of [
    new ConnectionError('x'),
    new TimeoutError('x'),
    ...[502, 503, 504].map((status) => new ApiError({ message: 'x', status })),
  ])
    expect([isAway(error), isTemporary(error)]).toEqual([true, true]);
});

test('a server that says itself that it is full is there, and worth another try', () => {
  const error = new ApiError({ message: 'x', status: 503, type: 'overloaded' });
  expect([isAway(error), isTemporary(error)]).toEqual([false, true]);
});

test('a refusal is final', () => {
  for (const error of [
    new ApiError({ message: 'x', status: 400, type: 'invalid_request' }),
    new ApiError({ message: 'x', status: 500, type: 'internal' }),
    new ApiError({ message: 'x', status: 404 }),
    new Error('x'),
    undefined,
  ])
    expect([isAway(error), isTemporary(error)]).toEqual([false, false]);
});
