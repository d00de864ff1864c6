// The port to webhooks, joined from what reads here and what the writer thread writes.

import type { WebhookStore } from '../../core/webhooks/webhook-store.ts';
import type { WebhookReads } from './webhook-reads.ts';
import type { Writer } from './writer.ts';

export function createWebhookStore(reads: WebhookReads, writer: Writer): WebhookStore {
  return {
    ...reads,
    insertEndpoint: (...given) => writer.write('insertEndpoint', ...given),
    changeEndpoint: (...given) => writer.write('changeEndpoint', ...given),
    deleteEndpoint: (...given) => writer.write('deleteEndpoint', ...given),
    ensureSecret: (...given) => writer.write('ensureSecret', ...given),
    rotateSecret: (...given) => writer.write('rotateSecret', ...given),
    insertTest: (...given) => writer.write('insertTest', ...given),
    recordAttempt: (...given) => writer.write('recordAttempt', ...given),
    replayDelivery: (...given) => writer.write('replayDelivery', ...given),
    replayDeliveries: (...given) => writer.write('replayDeliveries', ...given),
    deleteFinishedDeliveries: (...given) => writer.write('deleteFinishedDeliveries', ...given),
    deleteExpiredSecrets: (...given) => writer.write('deleteExpiredSecrets', ...given),
  };
}
