// The sentence of an error, whatever it is wrapped in: a text, a list of texts, an object with a text under one of its usual names,
// or any of these inside another.

const deepest = 4;
/** How many entries of a list are read. */
const mostEntries = 20;
/** The most telling first. A `detail` stands beside a `title` that says less, and a `msg` inside a `detail`. */
const names = [
  'message',
  'msg',
  'detail',
  'error',
  'errors',
  'error_message',
  'errorMessage',
  'err_msg',
  'errMsg',
  'errmsg',
  'fail_msg',
  'failMsg',
  'fail_reason',
  'failReason',
  'reason',
  'title',
];

/** `""` where nothing is said. */
export function errorWords(error: unknown, depth = 0): string {
  if (typeof error === 'string') return error.trim();
  if (typeof error !== 'object' || error === null || depth > deepest) return '';
  const inside: unknown[] = Array.isArray(error)
    ? error.slice(0, mostEntries)
    : names.map((name) => (error as Readonly<Record<string, unknown>>)[name]);
  const said = inside.map((each) => errorWords(each, depth + 1)).filter((each) => each !== '');
  return Array.isArray(error) ? said.join(' ') : (said[0] ?? '');
}
