// JSON Schemas of all answers, made from their TypeScript types.

import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';
import ts from 'typescript';
import type { JsonSchema } from '../packages/server/src/http/openapi/json-schema.ts';

const answerTypes = join(import.meta.dirname, '../packages/server/src/http/openapi/answer-types.ts');
const place = '#/components/schemas/';

/**
 * The schemas of the types in `answer-types.ts` by their names in the document, and of the types that those are made of. Takes half a
 * second.
 */
export function createWireSchemas(): Record<string, JsonSchema> {
  const program = readTypes();
  const answers = schemasOf(program, 'AnswerData');
  const bodies = schemasOf(program, 'BareBodies');
  const named = new Map([...answers.roots].map(([name, schema]) => [`${name}Data`, schema]));
  for (const [name, schema] of bodies.roots) named.set(name, schema);
  return withNames({ ...answers.types, ...bodies.types }, named);
}

interface Made {
  /** By the type's name. */
  types: Record<string, JsonSchema>;
  roots: Map<string, JsonSchema>;
}

/** The types as the compiler knows them, without those of Node, which no answer has and which take longer than all others to read. */
function readTypes(): ts.Program {
  return ts.createProgram([answerTypes], {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
    lib: ['lib.es2023.d.ts'],
  });
}

function schemasOf(tsProgram: ts.Program, type: 'AnswerData' | 'BareBodies'): Made {
  const generator = createGenerator({
    tsProgram,
    type,
    additionalProperties: true,
    // The check has its own step for types.
    skipTypeCheck: true,
  });
  const { [type]: table, ...types } = generator.createSchema(type).definitions as Record<string, JsonSchema>;
  return { types, roots: new Map(Object.entries(table?.['properties'] as Record<string, JsonSchema>)) };
}

/**
 * Schemas as the document has them. A type that is a root has the name of that root everywhere; one that is no object, such as a list of
 * words, stands where it is used, for whoever reads there.
 */
function withNames(
  types: Readonly<Record<string, JsonSchema>>,
  roots: ReadonlyMap<string, JsonSchema>,
): Record<string, JsonSchema> {
  const isObject = ({ type }: JsonSchema) => type === 'object';
  const rootOf = new Map([...roots].map(([name, { $ref }]) => [typeIn($ref), name]));

  function written(value: unknown, isProperties = false): unknown {
    if (Array.isArray(value)) return value.map((each) => written(each));
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...given } = value as JsonSchema;
    const type = typeIn($ref);
    const target = types[type];
    if (!isProperties && target !== undefined && !isObject(target)) return written({ ...target, ...given });
    const members = Object.entries(given).map(([name, each]) => [
      name,
      !isProperties && name === 'description' ? inWords(String(each)) : written(each, name === 'properties'),
    ]);
    const reference =
      isProperties || target === undefined ? [] : [['$ref', place + (rootOf.get(type) ?? type)]];
    return Object.fromEntries([...reference, ...members]) as JsonSchema;
  }

  const named = Object.entries(types).filter(([, schema]) => isObject(schema));
  const inline = [...roots].filter(([, { $ref }]) => $ref === undefined);
  return Object.fromEntries(
    [...named.map(([type, schema]) => [rootOf.get(type) ?? type, schema] as const), ...inline].map(
      ([name, schema]) => [name, written(schema) as JsonSchema],
    ),
  );
}

const typeIn = (reference: unknown) =>
  typeof reference === 'string' ? decodeURIComponent(reference.replace('#/definitions/', '')) : '';

/** Comments mark what the vendor's API has not, and code; the document says so in its own ways. */
function inWords(comment: string): string {
  return comment
    .replaceAll(/\s*\(Plantain\)/g, '')
    .replaceAll('`', '')
    .replaceAll(/(?<=\w)'(?=\w)/g, '’')
    .replace(/\.$/, '');
}
