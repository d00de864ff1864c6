// The OpenAPI document of this server, made from the operations, the validators, the schemas of answers and the table of errors.
// `node scripts/openapi.ts` writes it to docs/openapi.json, which the server serves; a test fails while it differs.

import type { Routes } from '../route/route.ts';
import { docsRoutes } from '../routes/pages/docs.ts';
import { homeRoutes } from '../routes/pages/console.ts';
import { fileRoutes } from '../routes/pictures/file-routes.ts';
import { linkedRoutes } from '../routes/pictures/files.ts';
import { taskPictureRoutes } from '../routes/pictures/task-pictures.ts';
import { metricsRoutes } from '../routes/metrics.ts';
import { mcpRoutes } from '../routes/mcp.ts';
import { batchRoutes } from '../routes/tasks/batches.ts';
import { followingRoutes } from '../routes/tasks/following-routes.ts';
import { statusQueryRoutes } from '../routes/tasks/status-queries.ts';
import { submitRoutes } from '../routes/tasks/submits.ts';
import { taskRoutes } from '../routes/tasks/task-routes.ts';
import { geminiFileRoutes } from '../faces/gemini/file-routes.ts';
import { geminiBatchRoutes } from '../faces/gemini/batches/batch-routes.ts';
import { interactionRoutes } from '../faces/gemini/interactions/interaction-routes.ts';
import { geminiRoutes } from '../faces/gemini/gemini-routes.ts';
import { falRoutes } from '../faces/fal/fal-routes.ts';
import { chatRoutes } from '../faces/chat/chat-routes.ts';
import { openAiBatchRoutes } from '../faces/openai/batches/batch-routes.ts';
import { openAiRoutes } from '../faces/openai/image-routes.ts';
import { apimartRoutes, evolinkRoutes, sub2apiRoutes, v1DialectRoutes } from '../faces/v1/dialect-routes.ts';
import { replicateRoutes } from '../faces/replicate/replicate-routes.ts';
import { v1Routes } from '../faces/v1/v1-routes.ts';
import { deliveryRoutes, endpointRoutes } from '../routes/webhooks/webhook-routes.ts';
import { auditRoutes } from '../routes/admin/admin-audit.ts';
import { operatorTaskRoutes } from '../routes/admin/operator-task-routes.ts';
import { keyRoutes } from '../routes/admin/key-routes.ts';
import { ownerRoutes } from '../routes/admin/owner-routes.ts';
import { overviewRoutes } from '../routes/admin/admin-overview.ts';
import { settingsRoutes } from '../routes/admin/admin-settings.ts';
import { unreadAnswerRoutes } from '../routes/admin/admin-unread-answers.ts';
import { upstreamRoutes } from '../routes/admin/admin-upstreams.ts';
import { healthRoutes } from '../routes/health.ts';
import { adminUsageRoutes } from '../routes/usage/admin-usage.ts';
import { usageRoutes } from '../routes/usage/own-usage.ts';
import { sessionRoutes } from '../routes/sessions/session-routes.ts';
import { meRoutes } from '../routes/me.ts';
import { modelRoutes } from '../routes/models.ts';
import type { AnswerName } from './answer-types.ts';
import { joinSchemas, withEnvelopes } from './components.ts';
import { answerExamples } from './examples.ts';
import type { JsonSchema, ResponseObject } from './json-schema.ts';
import {
  type Operation,
  type OperationObject,
  operationOf,
  ownRefusals,
  toOperationObject,
} from './operation.ts';
import { tags } from './tags.ts';
import { createRefusals } from './refusals.ts';
import { createBodySchemas } from './submit-body.ts';
import { createWebhooks } from './webhooks.ts';

/** All routes that clients call, in the order of the document. */
export const routes: Routes = {
  ...submitRoutes,
  ...followingRoutes,
  ...taskRoutes,
  ...statusQueryRoutes,
  ...batchRoutes,
  ...usageRoutes,
  ...taskPictureRoutes,
  ...linkedRoutes,
  ...fileRoutes,
  ...endpointRoutes,
  ...deliveryRoutes,
  ...ownerRoutes,
  ...keyRoutes,
  ...overviewRoutes,
  ...settingsRoutes,
  ...upstreamRoutes,
  ...unreadAnswerRoutes,
  ...operatorTaskRoutes,
  ...auditRoutes,
  ...adminUsageRoutes,
  ...v1Routes,
  ...v1DialectRoutes,
  ...apimartRoutes,
  ...evolinkRoutes,
  ...sub2apiRoutes,
  ...replicateRoutes,
  ...openAiRoutes,
  ...geminiRoutes,
  ...geminiFileRoutes,
  ...geminiBatchRoutes,
  ...interactionRoutes,
  ...falRoutes,
  ...chatRoutes,
  ...openAiBatchRoutes,
  ...modelRoutes,
  ...meRoutes,
  ...sessionRoutes,
  ...healthRoutes,
  ...metricsRoutes,
  ...mcpRoutes,
  ...homeRoutes,
  ...docsRoutes,
};

export const operations: readonly Operation[] = Object.entries(routes).map(([id, declared]) =>
  operationOf(id, declared),
);

const introduction = `A server for asynchronous picture generation: submit a task, have its id at once, and ask for it, or be told, until its state
is \`succeeded\` and the pictures are there.

Answers are wrapped in an envelope with \`code\`, \`msg\` and \`data\`. A refused request has the same number as HTTP status and as
\`code\`, a sentence in \`msg\` and again in \`message\`, and \`error\` with a \`type\` from a closed list and the \`request_id\` that the server’s log has.
A path that takes other methods answers 405 with \`Allow\`; one that is not there answers 404. A body that comes too slowly, or not at
all, is answered with 408. Every GET also answers HEAD, except streams of events.

The key goes into \`Authorization\`, alone or after \`Bearer\`; where there is none, \`X-Api-Key\`, \`Api-Key\` and \`X-Goog-Api-Key\` are read. Submits also take it as the member \`key\` of a body of JSON or of a form
that has at most 256 KiB. Three calls for older programs and those below /gemini take it as \`key\` in the query string, unless it is an admin’s; nothing else does. A key sees its own tasks, files and webhooks only. A server in open mode
needs none; it answers 421 to a request that names another host than its own, and 403 to pages of other origins.`;

const always = (description: string, example: string) => ({
  description,
  required: true,
  schema: { type: 'string' },
  example,
});
const sometimes = (description: string, example: string) => ({
  ...always(description, example),
  required: false,
});
const headers = {
  RequestId: always('What the server’s log calls this request', 'req_1f0c2a9e_7'),
  ETag: always('What If-None-Match takes', 'W/"8tZrYw3kQm1x"'),
  RetryAfter: always('Seconds after which to try again', '5'),
  RateLimitPolicy: sometimes(
    'Calls that may be made in a minute (q, w): a list with what is limited of the key and of its owner, by names such as query and query-owner. Absent where nothing is',
    '"query";q=600;w=60',
  ),
  RateLimit: sometimes(
    'Calls that are left (r), and seconds until there are more (t), by the same names',
    '"query";r=41;t=12',
  ),
  Cost: always(
    'What the owner of the task pays for it, or what is reserved while that is not known, in millionths of a US dollar',
    '67206',
  ),
  TaskId: always('The id of the task, which outlives the call', '019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10'),
  Location: always(
    'The path at which to ask for the task',
    '/sub2api/v1/images/tasks/019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10',
  ),
  Warnings: sometimes(
    'What was changed or ignored: a JSON list of sentences in ASCII. Absent where nothing was',
    '["size: nano-banana has no such size, so the picture is made at 1K"]',
  ),
  Reserved: sometimes(
    'What is reserved for the task, in millionths of a US dollar; absent where this is the answer of an earlier request',
    '67206',
  ),
  PollAfter: sometimes('Seconds until it is worth while to ask again; absent where nobody knows', '2'),
  IdempotentReplayed: sometimes(
    'true where this is the answer of an earlier request with the same Idempotency-Key',
    'true',
  ),
  PreferenceApplied: sometimes('What of Prefer was done', 'wait=30'),
  WwwAuthenticate: always('How to present a key', 'Bearer'),
  ContentDisposition: always('The name to save it under', 'inline; filename="output.png"'),
  LostManifest: sometimes(
    'lost where this is another size or format of a picture that has a C2PA manifest, which only the original still holds',
    'lost',
  ),
  ContentRange: always('Which part of how many bytes', 'bytes 0-1023/1482113'),
};

export interface OpenApiDocument {
  servers: readonly { url: string; description: string }[];
  paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  components: {
    schemas: Readonly<Record<string, JsonSchema>>;
    responses: Readonly<Record<string, ResponseObject>>;
    [kind: string]: object;
  };
  [member: string]: unknown;
}

/** `version` is the server's; `schemas` are those of the answers' types. */
export function createOpenApiDocument(
  version: string,
  schemas: Readonly<Record<string, JsonSchema>>,
): OpenApiDocument {
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const operation of operations)
    (paths[operation.path] ??= {})[operation.method] = toOperationObject(operation);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Plantain',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: introduction,
    },
    servers: [{ url: '/', description: 'Where this document is' }],
    security: [{ key: [] }, { bearer: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: createWebhooks(),
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The key alone' },
        query: {
          type: 'apiKey',
          in: 'query',
          name: 'key',
          description:
            'The key in the query string, for programs that can send it nowhere else; no admin’s, and only where the server’s query_keys lets it be',
        },
        bearer: { type: 'http', scheme: 'bearer', description: 'The key after Bearer' },
      },
      headers,
      responses: createRefusals([...new Set(operations.flatMap(ownRefusals))]),
      schemas: joinSchemas(
        Object.entries(createBodySchemas()),
        Object.entries(withEnvelopes(schemas, Object.keys(answerExamples) as AnswerName[])),
      ),
    },
  };
}
