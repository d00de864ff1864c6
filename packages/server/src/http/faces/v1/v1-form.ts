// Form of the refusals of the v1 family.

import type { RequestErrorType } from '@plantain/client';
import type { V1Error } from './answers.ts';
import { reference } from '../../openapi/components.ts';
import type { FaceForm } from '../../refusals/face-form.ts';
import { SynchronousCallError, synchronousBody } from '../../refusals/openai-sdk.ts';

/** Without an envelope, but for the members in which programs look for the sentence. */
export const v1Form: FaceForm = {
  schema: reference('V1Error'),
  refuse(refusal) {
    const { status, message, error: thrown } = refusal;
    if (thrown instanceof SynchronousCallError)
      return { status, headers: { 'X-Should-Retry': 'false' }, body: synchronousBody(refusal) };
    const { details } = refusal;
    // No call of this face waits for its task.
    const type = refusal.type as RequestErrorType;
    const error = { code: status, message, type, ...(details === undefined ? {} : { details }) };
    return { status, body: { error, msg: message, message } satisfies V1Error };
  },
};
