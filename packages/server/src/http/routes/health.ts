// For whoever watches the process: is it alive, and can it take work.

import type { Admission } from '../../core/submit/admission.ts';
import { anyone } from '../access/access.ts';
import type { Face } from '../app.ts';
import { reference } from '../openapi/components.ts';
import { json } from '../openapi/responses.ts';
import { sent } from '../route/forms.ts';
import { route } from '../route/route.ts';
import type { Serve } from '../route/serve.ts';

/** Most of what keeps a server from working passes within seconds. */
const retryAfterSeconds = 5;
const readiness = reference('Readiness');
export const healthRoutes = {
  isAlive: route({
    method: 'get',
    path: '/healthz',
    tag: 'Operating',
    summary: 'Is the process alive',
    access: anyone,
    answers: sent({
      200: json(reference('Health'), { description: 'It is', example: { status: 'alive' } }),
    }),
  }),
  isReady: route({
    method: 'get',
    path: '/readyz',
    tag: 'Operating',
    summary: 'Can it take work',
    access: anyone,
    answers: sent({
      200: json(readiness, { description: 'It can', example: { status: 'ready' } }),
      503: json(readiness, {
        description: 'It can’t',
        example: { status: 'not ready', message: 'The queue is full.', reasons: ['The queue is full.'] },
      }),
    }),
  }),
};

export function healthFace({ serve, admission }: { serve: Serve; admission: Admission }): Face {
  return serve(healthRoutes, {
    isAlive: ({ reply }) => reply.header('Cache-Control', 'no-store').send({ status: 'alive' }),
    async isReady({ reply }) {
      const reasons = await admission.reasons();
      // As in every refusal, the sentence is in message.
      const message = reasons.join(' ');
      const answer = reasons.length === 0 ? { status: 'ready' } : { status: 'not ready', message, reasons };
      if (reasons.length > 0) reply.header('Retry-After', String(retryAfterSeconds));
      return reply
        .code(reasons.length === 0 ? 200 : 503)
        .header('Cache-Control', 'no-store')
        .send(answer);
    },
  });
}
