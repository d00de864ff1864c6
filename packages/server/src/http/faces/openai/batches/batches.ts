// Files and batches of OpenAI's clients.

import type { Face } from '../../../app.ts';
import type { Serve } from '../../../route/serve.ts';
import { batchCalls } from './batch-calls.ts';
import { openAiBatchRoutes } from './batch-routes.ts';
import { type FileCallParts, fileCalls } from './file-calls.ts';

export interface OpenAiBatchesParts extends FileCallParts {
  serve: Serve;
}

export function openAiBatchesFace(parts: OpenAiBatchesParts): Face {
  return parts.serve(openAiBatchRoutes, { ...fileCalls(parts), ...batchCalls(parts) });
}
