// Text of a webhook's message: the answer of a status query, with what happened and when in front of it.

import { testEvent } from '../core/webhooks/webhook.ts';
import type { WebhookDelivery } from '../core/webhooks/webhook-store.ts';
import { signatureHeaders } from './sign.ts';

/** `data` is JSON. */
export function messageText(
  { event, createdAt }: Pick<WebhookDelivery, 'event' | 'createdAt'>,
  data: string,
): string {
  const head = `"type":"${event}","timestamp":"${new Date(createdAt).toISOString()}"`;
  return `{${head},"code":200,"msg":"success","data":${data},"exec_time":0,"ip":""}`;
}

export const testData = (endpointId: string | null): string => JSON.stringify({ webhook_id: endpointId });

/** Makes the message of a test that no delivery is stored of. */
export function signedTest(
  { id, endpointId, at }: { id: string; endpointId: string; at: number },
  secrets: readonly string[],
): { body: string; headers: Record<string, string> } {
  const body = messageText({ event: testEvent, createdAt: at }, testData(endpointId));
  return { body, headers: signatureHeaders({ id, at, body }, secrets) };
}
