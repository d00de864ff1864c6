// Numbers for what watches the server, in the text format of Prometheus.

import { metricsKey } from '../access/access.ts';
import type { Face } from '../app.ts';
import { sent } from '../route/forms.ts';
import { route } from '../route/route.ts';
import type { Serve } from '../route/serve.ts';

/** Gives the metrics and their media type. */
export type Scrape = () => Promise<{ type: string; text: string }>;

export const metricsRoutes = {
  readMetrics: route({
    method: 'get',
    path: '/metrics',
    tag: 'Operating',
    summary: 'Metrics for Prometheus',
    description:
      'Needs a key with the scope metrics. With metrics_port they are served on a port of their own too, to everybody who reaches that.',
    access: metricsKey,
    // Nobody is to lose sight of a server because of a limit.
    counts: 'nothing',
    answers: sent({
      200: {
        description: 'The metrics, in the text format of Prometheus',
        content: {
          'text/plain': {
            schema: { type: 'string' },
            example:
              '# HELP plantain_tasks_running Tasks that run on this server\n# TYPE plantain_tasks_running gauge\nplantain_tasks_running 3\n',
          },
        },
      },
    }),
  }),
};

export function metricsFace({ serve, scrape }: { serve: Serve; scrape: Scrape }): Face {
  return serve(metricsRoutes, {
    async readMetrics({ reply }) {
      const { type, text } = await scrape();
      return reply.header('Cache-Control', 'no-store').type(type).send(text);
    },
  });
}
