// Server-Sent Events, parsed by the library for them and held to a size:
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import { createParser } from 'eventsource-parser';
import { ConnectionError } from '../errors.ts';

export interface ServerEvent {
  /** `message` where the server names none. */
  type: string;
  data: string;
}

export interface EventParser {
  /** Value of the `Last-Event-ID` header for the next request; `''` where the server has sent no id. */
  readonly lastEventId: string;
  /** Events that this piece of the stream completes. Throws `ConnectionError` once an unfinished one is too large. */
  push(text: string): ServerEvent[];
}

/**
 * Characters that one event or line may have; that of a task has a few thousand. An event of nothing but empty lines takes some thirty
 * bytes of memory for each of these.
 */
const maxEventLength = 2 ** 20;

export function createEventParser(): EventParser {
  let lastEventId = '';
  let completed: ServerEvent[] = [];
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onId: (id) => (lastEventId = id),
    onEvent: ({ event: type = 'message', data }) => completed.push({ type, data }),
    // Without `onError`, for which the parser would make an error with a stack for each line that it does not know.
  });
  return {
    get lastEventId() {
      return lastEventId;
    },
    push(text) {
      // The parser stores each piece of an unfinished line, and counts only its characters.
      if (text === '') return [];
      completed = [];
      feed(text);
      return completed;
    },
  };

  function feed(text: string): void {
    try {
      parser.feed(text);
    } catch (error) {
      // It has thrown away what was too large, and takes nothing more.
      throw new ConnectionError('The server sent an event that is far too long.', { cause: error });
    }
  }
}
