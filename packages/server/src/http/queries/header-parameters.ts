// Values of headers with parameters, such as `form-data; name="image"` (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.6).

export interface HeaderValue {
  /** In small letters, without white space around it. */
  value: string;
  /** The first of each name, in small letters. */
  parameters: Partial<Record<string, string>>;
}

/** Tolerant: what is no parameter is passed over. A quoted one may have any signs, `"` and `\` behind a `\`. */
export function readParameters(header: string): HeaderValue {
  const end = header.indexOf(';');
  const value = (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
  const parameters = Object.create(null) as HeaderValue['parameters'];
  for (let at = end < 0 ? header.length : end + 1; at < header.length;) {
    const { name, text, next } = readParameter(header, at);
    if (name !== '' && !(name in parameters)) parameters[name] = text;
    at = next;
  }
  return { value, parameters };
}

function readParameter(header: string, start: number): { name: string; text: string; next: number } {
  const semicolon = header.indexOf(';', start);
  const end = semicolon < 0 ? header.length : semicolon;
  const [before = '', after] = header.slice(start, end).split('=', 2);
  if (after === undefined) return { name: '', text: '', next: end + 1 };
  const name = before.trim().toLowerCase();
  let at = start + before.length + 1;
  while (header[at] === ' ' || header[at] === '\t') at += 1;
  if (header[at] !== '"') return { name, text: header.slice(at, end).trim(), next: end + 1 };
  let text = '';
  for (at += 1; at < header.length && header[at] !== '"'; at += 1) {
    const next = header[at + 1];
    if (header[at] === '\\' && (next === '"' || next === '\\')) at += 1;
    text += header[at];
  }
  const next = header.indexOf(';', at);
  return { name, text, next: next < 0 ? header.length : next + 1 };
}
