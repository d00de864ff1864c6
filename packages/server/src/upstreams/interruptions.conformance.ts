// How a call of any adapter ends before its time: at once when its signal aborts, and by itself when nothing comes.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../core/tasks/task.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import {
  announced,
  asTimePasses,
  contextOf,
  endOf,
  openEach,
  requestFor,
  startOperation,
  taskErrorOf,
  usualReply,
} from './faults.fixture.ts';
import type { UpstreamHarness } from './upstream-harness.fixture.ts';

export function testInterruptions(harness: UpstreamHarness): void {
  testAborts(harness);
  testSilence(harness);
}

/** When to abort, the channel on which undici tells that it has come so far, and what the server does. */
const moments = [
  ['while it connects', 'undici:client:beforeConnect', 'hang before headers'],
  ['while it waits for an answer', 'undici:client:sendHeaders', 'hang before headers'],
  ['in the middle of an answer', 'undici:request:bodyChunkReceived', 'drip'],
] as const;

function testAborts(harness: UpstreamHarness): void {
  describe('an abort', () => {
    const harnessOf = openEach(harness);

    for (const step of ['start', 'poll'] as const)
      test.for(moments)(
        `of a ${step} %s rejects with the signal's reason, and leaves no listener and no connection`,
        async ([, channel, misbehave], { skip }) => {
          const open = harnessOf();
          const usual = await usualReply(open, step);
          if (usual === undefined) {
            skip('pictures come at once');
            return;
          }
          const operation = step === 'poll' ? await startOperation(open) : null;
          open.answer(step, { ...usual, misbehave });
          const controller = new AbortController();
          const reason = new Error('the lease was lost');
          const connections = watchConnections();
          const reached = nextMessageOn(channel);
          const called = callOf(open.create(), operation, open.model, controller.signal);
          await Promise.race([reached, called]);
          controller.abort(reason);
          await expect(called).rejects.toBe(reason);
          expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
          await connections.untilDestroyed();
        },
      );

    test('that never comes leaves nothing on its signal either', async () => {
      const open = harnessOf();
      const { signal } = new AbortController();
      const operation = await startOperation(open);
      await callOf(open.create(), null, open.model, signal);
      if (operation !== null) await callOf(open.create(), operation, open.model, signal);
      await open.create().check(signal);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });

    test('before the start lets nothing leave', async () => {
      const open = harnessOf();
      const reason = new Error('too late');
      const signal = AbortSignal.abort(reason);
      await expect(callOf(open.create(), null, open.model, signal)).rejects.toBe(reason);
      await expect(open.create().check(signal)).rejects.toBe(reason);
      expect(open.seen('start')).toEqual([]);
    });
  });
}

function callOf(
  upstream: Upstream,
  operation: Operation | null,
  model: string,
  signal: AbortSignal,
): Promise<unknown> {
  return operation === null
    ? upstream.start(requestFor(model), contextOf({ signal }))
    : upstream.poll!(operation, contextOf({ signal }));
}

/** The connections that undici makes from now on; `untilDestroyed` waits until there was one, and none is left. */
function watchConnections() {
  const sockets: Socket[] = [];
  const listener = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe('undici:client:connected', listener);
  return {
    async untilDestroyed() {
      while (sockets.length === 0 || sockets.some(({ destroyed }) => !destroyed)) await nextTurn();
      unsubscribe('undici:client:connected', listener);
    },
  };
}

/** The next thing that undici tells on one of its channels; npm undici 8.12.4, docs/docs/api/DiagnosticsChannel.md. */
function nextMessageOn(channel: string): Promise<void> {
  return new Promise((resolve) => {
    const listener = () => {
      unsubscribe(channel, listener);
      resolve();
    };
    subscribe(channel, listener);
  });
}

function testSilence(harness: UpstreamHarness): void {
  describe('silence', () => {
    const harnessOf = openEach(harness);

    test('ends a start after the time that was set, and leaves open what came of it', async () => {
      const open = harnessOf();
      const { reply, given } = announced({ misbehave: 'hang before headers' });
      open.answer('start', reply);
      const upstream = open.create({ timeoutMs: 5000 });
      const end = await asTimePasses(() => endOf(upstream, requestFor(open.model)), given);
      expect(end).toMatchObject({
        kind: 'failed',
        asking: false,
        failure: {
          type: 'upstream_unavailable',
          retryable: true,
          maybeBilled: true,
          unknownOutcome: true,
          message: expect.stringContaining('within 5 seconds') as string,
        },
      });
    });

    test('ends a question after an operation in a time of its own, and costs nothing', async ({ skip }) => {
      const open = harnessOf();
      const operation = await startOperation(open);
      if (operation === null) {
        skip('pictures come at once');
        return;
      }
      const { reply, given } = announced({ misbehave: 'hang before headers' });
      open.answer('poll', reply);
      const upstream = open.create({ timeoutMs: 3_600_000 });
      const polled = asTimePasses(() => upstream.poll!(operation, contextOf()), given);
      const { failure } = await taskErrorOf(polled);
      expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
      expect(failure.message).toMatch(/within \d\d? seconds/);
      expect(failure).not.toHaveProperty('maybeBilled');
      expect(failure).not.toHaveProperty('unknownOutcome');
    });
  });
}
