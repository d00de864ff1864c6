// Programs in some languages send `null` for what they leave out: a page of a list, the arguments of a tool that needs none, the
// parameters as a whole. The protocol's package refuses that, so it is taken out of a message before the package has it.

/** The message, or the list of messages, without such members. Changes it; `message` is JSON of any kind. */
export function withoutNulls<Message>(message: Message): Message {
  for (const each of [message].flat()) {
    if (!isObject(each)) continue;
    if (each['params'] === null) delete each['params'];
    const { params } = each;
    if (!isObject(params)) continue;
    for (const name of ['arguments', 'cursor', '_meta']) if (params[name] === null) delete params[name];
  }
  return message;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
