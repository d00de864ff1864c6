// Refusals of the calls of interactions. Google's library raises its errors by the status, shows `message`, and tries 408, 409, 429 and 5XX again
// (npm @google/genai 3.3.0).

import { reference } from '../../../openapi/components.ts';
import type { FaceForm } from '../../../refusals/face-form.ts';
import { named } from '../gemini-form.ts';
import type { InteractionError } from './answers.ts';

export const interactionForm: FaceForm = {
  schema: reference('InteractionError'),
  refuse(refusal) {
    const { type, message } = refusal;
    return {
      status: named(refusal).code,
      body: { error: { code: type, message } } satisfies InteractionError,
    };
  },
};
