// Reads the arguments of a tool by its JSON Schema, as models write them: a number as text, one entry in place of a list, null for an
// absent argument. An error names the value that came and the allowed ones, which is all that a model has to mend its call by.

export interface TextSchema {
  type: 'string';
  description?: string;
  minLength?: number;
  maxLength?: number;
  enum?: readonly string[];
}

export interface NumberSchema {
  type: 'integer';
  description?: string;
  minimum: number;
  maximum?: number;
}

export interface ListSchema {
  type: 'array';
  description?: string;
  items: { type: 'string' };
  minItems?: number;
  maxItems: number;
}

export interface FlagSchema {
  type: 'boolean';
  description?: string;
}

type OneSchema = TextSchema | NumberSchema | ListSchema | FlagSchema;

/** Arguments of one tool by their names. */
export interface ArgumentsSchema {
  type: 'object';
  properties: Readonly<Record<string, OneSchema>>;
  required?: readonly string[];
  additionalProperties: false;
}

/** Error with every fault of a call's arguments in one sentence. */
export class ArgumentsError extends Error {
  override readonly name = 'ArgumentsError';
}

/** Maximum of faults, and of characters of a name or a value, in an error. */
const maxFaults = 10;
const maxShown = 40;
/** Maximum of a list that came as text. It holds links; bytes of pictures come as entries of a true list. */
const maxWrittenListLength = 2 ** 16;

/** Returns the given arguments. Throws `ArgumentsError`. */
export function readArguments(
  tool: string,
  { properties, required = [] }: ArgumentsSchema,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const faults: string[] = [];
  const read: Record<string, unknown> = {};
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(properties, name));
  if (unknown.length > 0) faults.push(unknownNames(unknown, Object.keys(properties)));
  for (const [name, schema] of Object.entries(properties)) {
    const isRequired = required.includes(name);
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const isLeftOut = value === undefined || value === null || (value === '' && !isRequired);
    if (isLeftOut && isRequired) faults.push(`${name} is missing: it must be ${describe(schema)}`);
    if (isLeftOut) continue;
    const result = readOne(schema, value);
    if ('fault' in result) faults.push(`${name}${result.fault}, and must be ${describe(schema)}`);
    else read[name] = result.value;
  }
  if (faults.length === 0) return read;
  const more = faults.length > maxFaults ? `; and ${faults.length - maxFaults} more` : '';
  throw new ArgumentsError(
    `Input validation error: Invalid arguments for tool ${tool}: ${faults.slice(0, maxFaults).join('; ')}${more}.`,
  );
}

type Read = { value: unknown } | { fault: string };

function readOne(schema: OneSchema, given: unknown): Read {
  if (schema.type === 'integer') return readNumber(schema, given);
  if (schema.type === 'boolean') return readFlag(given);
  return schema.type === 'array' ? readList(schema, given) : readText(schema, given);
}

function readText({ minLength = 0, maxLength = Infinity, enum: allowed }: TextSchema, given: unknown): Read {
  if (typeof given !== 'string') return { fault: ` is ${shown(given)}` };
  if (given.length < minLength) return { fault: ' is empty' };
  if (given.length > maxLength) return { fault: ` has ${given.length} characters` };
  if (allowed !== undefined && !allowed.includes(given)) return { fault: ` is ${shown(given)}` };
  return { value: given };
}

function readNumber({ minimum, maximum = Infinity }: NumberSchema, given: unknown): Read {
  const value = typeof given === 'string' && /^\s{0,9}-?\d{1,16}\s{0,9}$/.test(given) ? Number(given) : given;
  const isRight =
    typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum && value <= maximum;
  return isRight ? { value } : { fault: ` is ${shown(given)}` };
}

function readFlag(given: unknown): Read {
  if (typeof given === 'boolean') return { value: given };
  if (given === 'true' || given === 'false') return { value: given === 'true' };
  return { fault: ` is ${shown(given)}` };
}

function readList({ minItems = 0, maxItems }: ListSchema, given: unknown): Read {
  const value = typeof given === 'string' ? listIn(given) : given;
  if (!Array.isArray(value)) return { fault: ` is ${shown(given)}` };
  if (value.length < minItems || value.length > maxItems) return { fault: ` has ${value.length} entries` };
  const wrong = value.findIndex((each) => typeof each !== 'string' || each === '');
  return wrong < 0 ? { value } : { fault: `[${wrong}] is ${shown(value[wrong])}` };
}

/** Reads one entry, several links separated by commas, or a list as JSON. */
function listIn(given: string): unknown {
  const text = given.length > maxWrittenListLength ? given : given.trim();
  if (text.length > maxWrittenListLength || !/^(\[|https?:)/i.test(text)) return [given];
  if (!text.startsWith('[')) return text.split(/\s{0,9},\s{0,9}(?=https?:\/\/)/i);
  try {
    return JSON.parse(text);
  } catch {
    return [given];
  }
}

function unknownNames(unknown: readonly string[], known: readonly string[]): string {
  const named = unknown.slice(0, 5).map((name) => (/^\w{1,40}$/.test(name) ? name : shown(name)));
  const more = unknown.length > named.length ? ` and ${unknown.length - named.length} more` : '';
  const are = unknown.length === 1 ? 'is not an argument' : 'are not arguments';
  const there =
    known.length < 2
      ? `this tool takes ${known[0] === undefined ? 'none' : `${known[0]} alone`}`
      : `the arguments of this tool are ${inWords(known, 'and')}`;
  return `${named.join(', ')}${more} ${are}: ${there}`;
}

/** Words for a given value. A long text is a prompt or a picture, and is not repeated. */
function shown(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return `${value} (a ${typeof value})`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'string') return 'an object';
  if (value === '') return 'empty';
  return value.length > maxShown ? `text of ${value.length} characters` : JSON.stringify(value);
}

/** Words for the allowed values, with the schema's description where that adds something. */
function describe(schema: OneSchema): string {
  const about = schema.description === undefined ? '' : ` (${schema.description.replace(/\.$/, '')})`;
  if (schema.type === 'integer') {
    const { minimum, maximum } = schema;
    if (maximum !== undefined) return `a whole number from ${minimum} to ${maximum}`;
    return `a whole number of at least ${minimum}`;
  }
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array') {
    const { minItems = 0, maxItems } = schema;
    return `a list of ${minItems} to ${maxItems} texts${about}`;
  }
  if (schema.enum !== undefined) return inWords(schema.enum, 'or');
  const { minLength = 0, maxLength } = schema;
  if (maxLength !== undefined) return `text of ${minLength} to ${maxLength} characters${about}`;
  return `text${minLength === 0 ? '' : ' that is not empty'}${about}`;
}

function inWords(words: readonly string[], last: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
