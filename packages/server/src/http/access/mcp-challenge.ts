// The answer to a key that is wrong or missing, for programs that speak the Model Context Protocol. They take a 401 for an invitation
// to OAuth, look for its documents and then try to register themselves, so both the header and the paths that they try next say that
// there is none, and where the key goes. What they try: RFC 9728, section 3.1; RFC 8414, section 3; RFC 7591, section 3; and
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../core/errors.ts';
import { type Answers, jsonType } from '../answer.ts';

const whereTheKeyGoes =
  'Put a key of this server into the settings of the program that connects to it, as the header Authorization: Bearer plantain_... ' +
  '(plantain-server keys create makes one).';

/** Sets the header, and gives the error with the same words. */
export function withChallenge(reply: FastifyReply, error: unknown): unknown {
  if (!(error instanceof RequestError) || error.type !== 'unauthenticated') return error;
  const message = `${error.message} This server has no OAuth. ${whereTheKeyGoes}`;
  reply.header('WWW-Authenticate', `Bearer error="invalid_token", error_description="${quoted(message)}"`);
  return new RequestError('unauthenticated', message, { cause: error });
}

/** Neither quotes nor anything beyond ASCII: RFC 6750, section 3. */
function quoted(text: string): string {
  return text.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '');
}

/** Calls of OAuth clients at this server that are no discovery: their programs show `error_description` of such an answer. */
const oauthCalls: ReadonlySet<string> = new Set(['/register', '/authorize', '/token']);

/** Answers what an OAuth client asks for at this server; `false` for all other paths. */
export function refuseOauth(request: FastifyRequest, reply: FastifyReply, answers: Answers): boolean {
  const path = request.url.split('?', 1)[0] ?? '';
  const isDiscovery = /\/\.well-known\/(oauth-|openid-configuration)/.test(path);
  if (!isDiscovery && !oauthCalls.has(path)) return false;
  const error = new RequestError('not_found', `This server has no OAuth. ${whereTheKeyGoes}`);
  const refusal = answers.refuse(request, reply, error);
  if (isDiscovery) answers.failure(request, reply, refusal);
  else
    reply
      .code(refusal.status)
      .type(jsonType)
      .send(JSON.stringify({ error: 'invalid_request', error_description: refusal.message }));
  return true;
}
