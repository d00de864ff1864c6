// Requests of one connection, one after another. HTTP/1.1 lets a client send the next before it has the answer to the last, and Node hands
// over all that came in one piece at once: 64 KiB hold a thousand small requests, and twenty thousand took half a second in which
// nobody else was served.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts of the requests that came behind the one that is being answered. */
type Line = (() => void)[];

/** Calls `handler` for a request once the one before it on its connection has been answered, and others have had their turn. */
export function inTurn(handler: Handler): Handler {
  const busy = new WeakMap<Socket, Line>();

  function goOn(socket: Socket): void {
    const line = busy.get(socket);
    const next = line?.shift();
    if (next === undefined || socket.destroyed) {
      busy.delete(socket);
      return;
    }
    setImmediate(next);
    // The last one may have a body that is still on its way.
    if (line?.length === 0) socket.resume();
  }
  /** Node reads on after each request; as long as one waits, that only makes the line longer. */
  function stayPaused(this: Socket): void {
    if ((busy.get(this)?.length ?? 0) > 0) this.pause();
  }

  return (request, response) => {
    const { socket } = request;
    const start = () => {
      response.once('close', () => goOn(socket));
      handler(request, response);
    };
    const line = busy.get(socket);
    if (line === undefined) {
      busy.set(socket, []);
      start();
      return;
    }
    line.push(start);
    socket.pause();
    if (!socket.listeners('resume').includes(stayPaused)) socket.on('resume', stayPaused);
  };
}
