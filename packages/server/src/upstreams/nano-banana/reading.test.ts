import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../answers/answer-json.ts';
import { readOperationState } from '../operations/operation-state.ts';
import { readReply } from './reply.ts';
import { readTaskStatus } from './task-status.ts';

function answerOf(body: string, status = 200) {
  const bytes = Buffer.from(body);
  return { status, headers: {}, bytes, json: parseJson(bytes), asked: new URL('http://upstream.example/') };
}

test('no body is too strange for an envelope, and a failing status never becomes a success', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(200, 201, 400, 404, 500, 503),
      fc.oneof(
        fc.json(),
        fc.string(),
        fc
          .record({ code: fc.jsonValue(), msg: fc.jsonValue(), error: fc.jsonValue() })
          .map((body) => JSON.stringify(body)),
      ),
      (status, body) => {
        const reply = readReply(answerOf(body, status));
        expect(reply.status).toSatisfy((meant: number) => meant === 200 || (meant >= 400 && meant < 600));
        if (status >= 400) expect(reply.status).not.toBe(200);
      },
    ),
  );
});

test('of a status only the state has to be right; every other member may be anything', () => {
  const names = [
    'data',
    'msg',
    'progress',
    'poll_after_seconds',
    'warnings',
    'usage',
    'cost_micro_usd',
    'error',
  ];
  const members = fc.dictionary(fc.constantFrom(...names, 'attempts'), fc.jsonValue());
  fc.assert(
    fc.property(fc.constantFrom('pending', 'running', 'succeeded', 'error'), members, (state, more) => {
      const data = { ...more, state };
      const status = readTaskStatus({ data, answer: answerOf(JSON.stringify({ data })) });
      expect(status?.state).toBe(readOperationState(state));
      expect(status?.progress ?? 0).toBeGreaterThanOrEqual(0);
      expect(status?.progress ?? 1).toBeLessThanOrEqual(1);
      expect(Object.values(status?.usage ?? {}).every(Number.isInteger)).toBe(true);
    }),
  );
});
