// JSON Schemas of all answers, made from their TypeScript types.

import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';
import ts from 'typescript';
import { joinSchemas } from '../packages/server/src/http/openapi/components.ts';
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
  return withNames(joinSchemas(Object.entries(answers.types), Object.entries(bodies.types)), [
    ...answers.roots.map(([name, schema]): Root => [`${name}Data`, schema]),
    ...bodies.roots,
  ]);
}

interface Made {
  /** By the type's name. */
  types: Record<string, JsonSchema>;
  roots: Root[];
}

/** Name in the document, and the schema or a reference to the type that it is of. */
type Root = [name: string, schema: JsonSchema];

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
  return { types, roots: Object.entries(table?.['properties'] as Record<string, JsonSchema>) };
}

/**
 * Schemas as the document has them. A type that is a root has the name of that root everywhere; one that is no object, such as a list of
 * words, stands where it is used, for whoever reads there. Throws where a schema would replace another of its name, or a name that of another root.
 */
export function withNames(
  types: Readonly<Record<string, JsonSchema>>,
  roots: readonly Root[],
): Record<string, JsonSchema> {
  const isObject = ({ type }: JsonSchema) => type === 'object';
  const rootOf = namesOf(roots);

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
  const inline = roots.filter(([, { $ref }]) => $ref === undefined);
  return joinSchemas(
    [...named.map(([type, schema]) => [rootOf.get(type) ?? type, schema] as const), ...inline].map(
      ([name, schema]) => [name, written(schema) as JsonSchema] as const,
    ),
  );
}

/** Names of the roots by their types. */
function namesOf(roots: readonly Root[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, { $ref }] of roots) {
    if ($ref === undefined) continue;
    const type = typeIn($ref);
    const before = names.get(type);
    if (before !== undefined)
      throw new Error(
        `The type ${type} would be called ${before} and ${name} in the OpenAPI document, and has one name there. Let answer-types.ts name it once.`,
      );
    names.set(type, name);
  }
  return names;
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
