// Handles the requests of one connection one after another. HTTP/1.1 lets a client send a request before the answer to its last,
// and Node starts all that arrive in one piece: 64 KiB hold a thousand small requests, and twenty thousand took half a second in
// which no other connection was served.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Functions that start the requests waiting behind the one that is being answered. */
type Line = (() => void)[];

/**
 * Wraps `handler`, so that it gets a request only when the one before it on its connection has been answered and other
 * connections have had their turn.
 */
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
    // No further request waits, and this one may have a body that is still to be read.
    if (line?.length === 0) socket.resume();
  }
  /** Pauses a socket again that Node has resumed: while a request waits, reading on would only lengthen the line. */
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
