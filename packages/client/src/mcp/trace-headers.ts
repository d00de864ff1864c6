// Traces of hosts: a call of a tool names its span by members of `_meta`, since over stdio there are no headers
// (https://modelcontextprotocol.io/seps/414-request-meta). The server gets them as the headers of W3C Trace Context.

/** Gives the headers for the calls of a tool; `null` where `meta` names no span. A `tracestate` that no header can hold is left out. */
export function traceHeaders(
  meta: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, string>> | null {
  const { traceparent, tracestate } = meta ?? {};
  if (typeof traceparent !== 'string' || !/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent))
    return null;
  return typeof tracestate === 'string' && /^[!-~][ -~]{0,511}$/.test(tracestate)
    ? { traceparent, tracestate }
    : { traceparent };
}
