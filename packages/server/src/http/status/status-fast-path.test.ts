import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openCaller } from '../../core/keys/keys.ts';
import { createStatusFastPath, statusPath } from './status-fast-path.ts';

test('a store that can’t be read is left to the ordinary route, and does not end the process', () => {
  const noted: number[] = [];
  const answer = createStatusFastPath({
    peekCaller: () => openCaller,
    reader: {
      peek() {
        throw new Error('disk I/O error');
      },
      read: async () => null,
    },
    callerAddress: () => '""',
    rates: { tryCount: () => [] },
    answered: { note: (status) => void noted.push(status) },
  });
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = `${statusPath}019aa000-0000-7000-8000-00000000002a`;
  const response = new ServerResponse(request);
  expect(answer(request, response)).toBe(false);
  expect(response.headersSent).toBe(false);
  expect(noted).toEqual([]);
});
