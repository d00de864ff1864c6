// Handles the requests of one connection one after another. HTTP/1.1 lets a client send a request before the answer to its last,
// and Node starts all that arrive in one piece: 64 KiB hold a thousand small requests, and twenty thousand took half a second in
// which no other connection was served.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Request that is being answered, and functions that start those that wait behind it. */
interface Line {
  answering: ServerResponse;
  waiting: (() => void)[];
}

/** Answers behind which another request of their connection waits. */
const followed = new WeakSet<ServerResponse>();
const followedEvent = 'followed';

/**
 * Calls `end` once another request waits behind this answer, at once where one does; gives the function that listens no more. While one waits
 * nothing is read from the connection, so that nobody is heard who hangs up: an answer that may come at any time comes then.
 */
export function whenFollowed(response: ServerResponse, end: () => void): () => void {
  if (followed.has(response)) end();
  else response.once(followedEvent, end);
  return () => void response.off(followedEvent, end);
}

/**
 * Wraps `handler`, so that it gets a request only when the one before it on its connection has been answered and other
 * connections have had their turn.
 */
export function inTurn(handler: Handler): Handler {
  const busy = new WeakMap<Socket, Line>();

  function goOn(socket: Socket): void {
    const line = busy.get(socket);
    const next = line?.waiting.shift();
    if (line === undefined || next === undefined || socket.destroyed) {
      busy.delete(socket);
      return;
    }
    setImmediate(next);
    // No further request waits, and this one may have a body that is still to be read.
    if (line.waiting.length === 0) socket.resume();
  }
  /** Pauses a socket again that Node has resumed: while a request waits, reading on would only lengthen the line. */
  function stayPaused(this: Socket): void {
    if ((busy.get(this)?.waiting.length ?? 0) > 0) this.pause();
  }

  return (request, response) => {
    const { socket } = request;
    const start = () => {
      const line = busy.get(socket);
      if (line === undefined) busy.set(socket, { answering: response, waiting: [] });
      else {
        line.answering = response;
        if (line.waiting.length > 0) followed.add(response);
      }
      response.once('close', () => goOn(socket));
      handler(request, response);
    };
    const line = busy.get(socket);
    if (line === undefined) return start();
    line.waiting.push(start);
    followed.add(line.answering);
    line.answering.emit(followedEvent);
    socket.pause();
    if (!socket.listeners('resume').includes(stayPaused)) socket.on('resume', stayPaused);
  };
}
