// The log as parts see it: an event's name and fields. Never a body, a prompt, a key or base64.

type Write = (fields: Record<string, unknown>, event: string) => void;

/** Shaped so that a pino logger is one. */
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}
