// Bodies of faces that hold no pictures.

import type { FastifyReply } from 'fastify';
import { jsonType } from '../../answer.ts';

/** Sends a body that no cache in between may keep. */
export function sendJson(reply: FastifyReply, body: object): FastifyReply {
  return reply.header('Cache-Control', 'no-store').type(jsonType).send(JSON.stringify(body));
}
