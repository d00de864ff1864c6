// Brings the names of an answer to the spelling of Google's REST API. Google's own parsers take each name in either spelling
// (https://protobuf.dev/programming-guides/json/), and proxies built on its Python client answer with `inline_data`.

/** Far deeper than anything in an answer that is read. */
const deepest = 16;

/** Gives the JSON with `camelCase` for every `snake_case` name; of a name in both spellings the first holds. */
export function toCamelCase(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > deepest) return value;
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((each) => toCamelCase(each, depth + 1));
  const members = new Map<string, unknown>();
  for (const [name, each] of Object.entries(value)) {
    const spelled = camelCase(name);
    // A member that is null stands for none.
    if ((members.get(spelled) ?? null) === null) members.set(spelled, toCamelCase(each, depth + 1));
  }
  return Object.fromEntries(members);
}

function camelCase(name: string): string {
  return name.includes('_')
    ? name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : name;
}
