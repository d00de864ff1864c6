// Reads Server-Sent Events, as the standard says they are to be read: https://html.spec.whatwg.org/multipage/server-sent-events.html

import { ConnectionError } from './errors.ts';

export interface ServerEvent {
  /** `message` where the server names none. */
  type: string;
  data: string;
}

/** What is pushed has no byte order mark: a `TextDecoder` takes it away. */
export interface EventParser {
  /** Where to go on from, as the `Last-Event-ID` of the next request; `''` where the server has said nothing of it. */
  readonly lastEventId: string;
  /** The events that are complete now. Throws `ConnectionError` for one that is far too long. */
  push(text: string): ServerEvent[];
}

/** Characters of one event; that of a task has a few thousand. */
const maxEventLength = 2 ** 24;

export function createEventParser(): EventParser {
  let rest = '';
  let endsWithCr = false;
  let lastEventId = '';
  let id = '';
  let type = '';
  let data: string[] = [];
  let size = 0;

  function take(line: string): ServerEvent | null {
    if (line === '') return finish();
    const at = line.indexOf(':');
    const field = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? '' : line.slice(line[at + 1] === ' ' ? at + 2 : at + 1);
    if (field === 'event') type = value;
    else if (field === 'data') {
      data.push(value);
      size += value.length;
    } else if (field === 'id' && !value.includes('\0')) id = value;
    return null;
  }

  function finish(): ServerEvent | null {
    lastEventId = id;
    const event = data.length === 0 ? null : { type: type === '' ? 'message' : type, data: data.join('\n') };
    type = '';
    data = [];
    size = 0;
    return event;
  }

  return {
    get lastEventId() {
      return lastEventId;
    },
    push(text) {
      // A line feed that follows belongs to the end of line that a CR was taken for.
      const unread = endsWithCr && text.startsWith('\n') ? text.slice(1) : text;
      if (text !== '') endsWithCr = unread.endsWith('\r');
      const lines = (rest + unread).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? '';
      if (size + rest.length > maxEventLength)
        throw new ConnectionError('The server sent an event that is far too long.');
      return lines.map(take).filter((event) => event !== null);
    },
  };
}
