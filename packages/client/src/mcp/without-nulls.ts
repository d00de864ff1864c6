// Programs in some languages send `null` for absent members: the cursor of a list, the arguments of a tool without any, the parameters
// as a whole. The protocol's package refuses that, so these members are removed before the package gets the message.

/** Removes such members from a message, or a list of messages, in place, and returns it. `message` is any JSON. */
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
