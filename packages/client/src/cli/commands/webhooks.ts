// `plantain webhooks listen`: a receiver on this machine that verifies each delivery, prints it, and forwards it to the program under
// development. It opens no tunnel: the server must be able to reach it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type PlantainClient, verifyWebhook, WebhookVerificationError } from '../../index.ts';
import { type Context, defineCommand, type Values, wholeNumber } from '../command.ts';
import { CliError, codeOf, explain, UsageError } from '../exit-codes.ts';
import { localAddress } from '../local-address.ts';
import { stateText } from '../task-text.ts';
import { plain } from '../terminal.ts';

const defaultPort = 8788;
const maxBodyBytes = 4 * 2 ** 20;
const forwardMs = 30_000;
/** Headers of a forwarded delivery; the others belong to this connection. */
const forwardedHeaders = [
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
];

type NewEndpoint = Parameters<PlantainClient['webhooks']['create']>[0];
type Message = Awaited<ReturnType<typeof verifyWebhook>>;

const options = {
  port: {
    type: 'string',
    short: 'p',
    value: 'N',
    about: `where to listen; by default the port of --register where that is this machine, else ${defaultPort}`,
  },
  host: {
    type: 'string',
    value: 'ADDRESS',
    about: 'on which address; that of --register where it is this machine, else 127.0.0.1',
  },
  register: {
    type: 'string',
    value: 'URL',
    about: 'make URL an endpoint of your key until this ends; it must lead here, itself or by a tunnel',
  },
  event: {
    type: 'string',
    multiple: true,
    value: 'EVENT',
    about: 'with --register: which events; may be given several times',
  },
  forward: {
    type: 'string',
    value: 'URL',
    about: 'hand each proven delivery on, and answer what that answers',
  },
  json: { type: 'boolean', about: 'print a line of JSON for each delivery' },
} as const;

export const webhooks = defineCommand({
  name: 'webhooks',
  summary: 'receive, prove and print webhooks on this machine',
  usage: ['webhooks listen [options]'],
  details: `The server must be able to call this machine: on the same machine or network it is (with the address in its setting
PLANTAIN_ALLOWED_PRIVATE_HOSTS), elsewhere it takes a tunnel of your own, whose address goes into --register or into the
callback_url of a submit. Without --register, deliveries are proven by the secret of your key, as those of callback_url are signed.`,
  options,
  actions: ['listen'],
  async run({ values, positionals }, context) {
    if (positionals[0] !== 'listen' || positionals.length > 1)
      throw new UsageError('webhooks takes listen.', 'webhooks');
    for (const name of ['register', 'forward'] as const)
      if (values[name] !== undefined && !/^https?:/.test(values[name]))
        throw new UsageError(`--${name} takes an http or https address.`, 'webhooks');
    const port = wholeNumber('port', values.port) ?? localAddress(values.register)?.port ?? defaultPort;
    const { client } = await context.connect();
    await listen(context, client, values, port);
    return codeOf('interrupted');
  },
});

/** Listens until Ctrl-C. A registered endpoint is deleted again in every case. */
async function listen(
  { terminal, signal, onInterrupt }: Context,
  client: PlantainClient,
  values: Values<typeof options>,
  port: number,
): Promise<void> {
  const stop = new AbortController();
  const ended = once(stop.signal, 'abort');
  const unlisten = onInterrupt(() => stop.abort());
  let secret = '';
  // Only here: it takes longer to load than most commands take.
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    receive(request, response, { ...values, terminal, secret }).catch((error: unknown) => {
      terminal.message(terminal.paint('red', plain(explain(error).message)));
      response.writeHead(error instanceof WebhookVerificationError ? 401 : 500).end();
    });
  });
  const called = localAddress(values.register);
  const host = values.host ?? called?.host ?? '127.0.0.1';
  server.listen(port, host);
  await once(server, 'listening', { signal }).catch((error: NodeJS.ErrnoException) => {
    throw refusedPort(error, host, port);
  });
  let registered: string | undefined;
  try {
    if (values.register === undefined) secret = (await client.webhooks.secret({ signal })).secret;
    else {
      const events = values.event === undefined ? {} : { events: values.event };
      const body = { url: values.register, description: 'plantain webhooks listen', ...events };
      // The server knows which events there are.
      const endpoint = await client.webhooks.create(body as NewEndpoint, { signal });
      registered = endpoint.webhook_id;
      secret = endpoint.secret;
    }
    const { address, port: bound, family } = server.address() as AddressInfo;
    const here = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}/`;
    const what = registered === undefined ? 'calls of callback_url' : `the endpoint ${plain(registered)}`;
    terminal.message(`Listening on ${here} for ${what}. Ctrl-C ends it.`);
    if (called !== undefined && called.port !== bound)
      terminal.message(
        terminal.paint(
          'yellow',
          `The endpoint is called on port ${called.port} of this machine, and this listens on ${bound}: unless something leads from ` +
            'the one to the other, nothing comes.',
        ),
      );
    await ended;
  } finally {
    unlisten();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    if (registered !== undefined) await deleteEndpoint(client, registered, terminal);
  }
}

/** Deletes the endpoint. A failure is only mentioned, since the Ctrl-C was no fault. */
async function deleteEndpoint(
  client: PlantainClient,
  id: string,
  terminal: Context['terminal'],
): Promise<void> {
  await client.webhooks.delete(id).catch((error: unknown) => {
    terminal.message(
      `The endpoint ${plain(id)} could not be taken away and is still called: ${plain(explain(error).message)}`,
    );
  });
}

function refusedPort(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another program has it',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const reason = reasons[error.code ?? ''];
  if (reason === undefined) return error;
  return new CliError(
    'usage',
    `Port ${port} of ${host} can’t be listened on: ${reason}. Choose another by --port and --host.`,
  );
}

interface Receiving extends Pick<Values<typeof options>, 'forward' | 'json'> {
  terminal: Context['terminal'];
  secret: string;
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { forward, json, terminal, secret }: Receiving,
): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { Allow: 'POST' }).end();
    return;
  }
  const body = await readBody(request);
  const message = await verifyWebhook(body, request.headers, secret);
  const id = String(request.headers['webhook-id']);
  if (json === true) terminal.json({ delivery_id: id, verified: true, message });
  else terminal.data(`${message.timestamp}  ${plain(describe(message))}`);
  const status = forward === undefined ? 204 : await forwardTo(forward, request, body);
  if (forward !== undefined) terminal.message(terminal.paint('dim', `${forward} answered ${status}.`));
  response.writeHead(status).end();
}

function describe(message: Message): string {
  if (message.type === 'webhook.test') return message.type;
  if (message.type === 'budget.threshold') {
    const { of, id, threshold_percent: percent } = message.data;
    return `${message.type}  ${of} ${id}  ${percent} %`;
  }
  if (message.type === 'task.deleted') return `${message.type}  ${message.data.task_id}`;
  if (message.type === 'key.expiring') return `${message.type}  ${message.data.key_id}`;
  const { data } = message;
  const pictures = data.data.images.map(({ url }) => url);
  return [
    message.type,
    data.task_id,
    stateText(data),
    ...(data.msg === '' ? [] : [data.msg]),
    ...pictures,
  ].join('  ');
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBodyBytes)
      throw new CliError('refused', 'A delivery was longer than any is, and was not taken.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Forwards a delivery. Resolves with the program's status, so that the server retries a failed one; with 502 where it does not answer. */
async function forwardTo(url: string, { headers }: IncomingMessage, body: Buffer): Promise<number> {
  const given = forwardedHeaders.flatMap((name): [string, string][] => {
    const value = headers[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
  try {
    const signal = AbortSignal.timeout(forwardMs);
    const answer = await fetch(url, {
      method: 'POST',
      headers: given,
      body: new Uint8Array(body),
      redirect: 'manual',
      signal,
    });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 502;
  }
}
