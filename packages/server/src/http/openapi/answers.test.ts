import type * as wire from '@plantain/client';
import { expectTypeOf, test } from 'vitest';
import type * as z from 'zod';
import type { AnswerName, answerData, errorEnvelope } from './components.ts';
import type { taskEvent, testMessage } from './other-answers.ts';

type Data<Name extends AnswerName> = z.infer<(typeof answerData)[Name]>;
/** The wire types promise not to change what was received, which says nothing of its form. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Plain<T[Name]> }
    : T;

test('the schemas of answers are the wire types of the client', () => {
  expectTypeOf<Plain<Data<'Task'>>>().toEqualTypeOf<Plain<wire.TaskData>>();
  expectTypeOf<Plain<Data<'Submit'>>>().toEqualTypeOf<Plain<wire.SubmitData>>();
  expectTypeOf<Plain<Data<'TaskList'>>>().toEqualTypeOf<Plain<wire.TaskListData>>();
  expectTypeOf<Plain<Data<'Tasks'>>>().toEqualTypeOf<Plain<wire.TasksData>>();
  expectTypeOf<Plain<Data<'Batch'>>>().toEqualTypeOf<Plain<wire.BatchData>>();
  expectTypeOf<Plain<Data<'BatchStatus'>>>().toEqualTypeOf<Plain<wire.BatchStatusData>>();
  expectTypeOf<Plain<Data<'BatchCancel'>>>().toEqualTypeOf<Plain<wire.BatchCancelData>>();
  expectTypeOf<Plain<Data<'Retry'>>>().toEqualTypeOf<Plain<wire.RetriedTask>>();
  expectTypeOf<Plain<Data<'TaskRequest'>>>().toEqualTypeOf<Plain<wire.TaskRequestData>>();
  expectTypeOf<Plain<Data<'TaskDeleted'>>>().toEqualTypeOf<Plain<wire.DeletedTask>>();
  expectTypeOf<Plain<Data<'File'>>>().toEqualTypeOf<Plain<wire.FileData>>();
  expectTypeOf<Plain<Data<'Models'>>>().toEqualTypeOf<Plain<wire.ModelsData>>();
  expectTypeOf<Plain<Data<'Webhook'>>>().toEqualTypeOf<Plain<wire.WebhookData>>();
  expectTypeOf<Plain<Data<'NewWebhook'>>>().toEqualTypeOf<Plain<wire.NewWebhookData>>();
  expectTypeOf<Plain<Data<'RotatedSecret'>>>().toEqualTypeOf<Plain<wire.RotatedSecretData>>();
  expectTypeOf<Plain<Data<'Delivery'>>>().toEqualTypeOf<Plain<wire.WebhookDeliveryData>>();
  expectTypeOf<Plain<Data<'DeliveryList'>>>().toEqualTypeOf<Plain<wire.WebhookDeliveriesData>>();
  expectTypeOf<Plain<Data<'Me'>>>().toEqualTypeOf<Plain<wire.MeData>>();
  expectTypeOf<Plain<Data<'Key'>>>().toEqualTypeOf<Plain<wire.KeyData>>();
  expectTypeOf<Plain<Data<'Keys'>>>().toEqualTypeOf<Plain<wire.KeysData>>();
  expectTypeOf<Plain<Data<'NewKey'>>>().toEqualTypeOf<Plain<wire.NewKeyData>>();
  expectTypeOf<Plain<Data<'Overview'>>>().toEqualTypeOf<Plain<wire.OverviewData>>();
  expectTypeOf<Plain<Data<'Settings'>>>().toEqualTypeOf<Plain<wire.SettingsData>>();
  expectTypeOf<Plain<Data<'Upstreams'>>>().toEqualTypeOf<Plain<wire.UpstreamsData>>();
  expectTypeOf<Plain<z.infer<typeof errorEnvelope>>>().toEqualTypeOf<Plain<wire.ErrorEnvelope>>();
  expectTypeOf<Plain<z.infer<typeof testMessage>>>().toExtend<Plain<wire.WebhookTestMessage>>();
  expectTypeOf<Plain<z.infer<typeof taskEvent>>>().toExtend<Plain<wire.WebhookMessage>>();
});
