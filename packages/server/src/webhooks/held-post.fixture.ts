// For tests: calls of receivers that hang until the test ends them.

import { EventEmitter, once } from 'node:events';
import { TaskError } from '../core/errors.ts';
import type { WebhookAnswer, WebhookPost } from '../core/webhooks/webhook-post.ts';

export interface HeldCall {
  /** Ends the call with 204. */
  answer(): void;
  /** Ends the call as one that nobody answered. */
  fail(): void;
}

export function createHeldPost() {
  /** All calls that have begun, in order. */
  const calls: HeldCall[] = [];
  const begun = new EventEmitter();
  const post: WebhookPost = async (_url, _message, signal) => {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<WebhookAnswer>();
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    calls.push({
      answer: () => resolve({ status: 204, start: '' }),
      fail: () => reject(new TaskError({ type: 'input_unreachable', message: 'No.', retryable: true })),
    });
    begun.emit('call');
    return await promise;
  };
  /** Resolves when so many calls have begun. */
  async function untilCalls(count: number): Promise<void> {
    while (calls.length < count) await once(begun, 'call');
  }
  return { post, calls, untilCalls };
}
