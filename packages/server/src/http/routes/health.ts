// For whoever watches the process: is it alive, and can it take work.

import type { Admission } from '../../core/submit/admission.ts';
import type { Face } from '../app.ts';

export function healthFace(admission: Admission): Face {
  return (app) => {
    app.get('/healthz', (_request, reply) =>
      reply.header('Cache-Control', 'no-store').send({ status: 'alive' }),
    );
    app.get('/readyz', async (_request, reply) => {
      const reasons = await admission.obstacles();
      // As in every refusal, the sentence is in message.
      const message = reasons.join(' ');
      const answer = reasons.length === 0 ? { status: 'ready' } : { status: 'not ready', message, reasons };
      return reply
        .code(reasons.length === 0 ? 200 : 503)
        .header('Cache-Control', 'no-store')
        .send(answer);
    });
  };
}
