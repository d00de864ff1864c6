// For tests: holds a server's answers against the document that it serves, and keeps which of its calls were answered how.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { Answer } from '../server.fixture.ts';
import type { OpenApiDocument } from './document.ts';
import type { ResponseObject } from './json-schema.ts';

export interface Contract {
  /** Fails the test unless the document has this answer to this call: its status, headers, type and body. */
  hold(method: string, path: string, answer: Answer): void;
  /** Fails the test unless the document has this body for an event that receivers are told. */
  holdMessage(type: string, body: unknown): void;
  /** `METHOD path status` of all that was held, with the paths as in the document. */
  readonly held: ReadonlySet<string>;
}

type Headers = Record<string, { $ref?: string; required?: boolean }>;

export function createContract(document: OpenApiDocument): Contract {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(closed(document), 'openapi.json');
  const resolve = <T>(thing: T | { $ref: string }): T => {
    if (typeof thing !== 'object' || thing === null || !('$ref' in thing)) return thing;
    const [, ...steps] = thing.$ref.split('/');
    return steps.reduce((at, step) => (at as Record<string, unknown>)[step], document as unknown) as T;
  };
  const validators = new Map<string, ValidateFunction>();
  function holdSchema(schema: object, value: unknown): void {
    const pointed = JSON.stringify(schema).replaceAll('"#/', '"openapi.json#/');
    const validate = validators.get(pointed) ?? ajv.compile(JSON.parse(pointed) as object);
    validators.set(pointed, validate);
    expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
  }
  // Paths that are written out go before those that are not, as in the router, and a longer one before one that it begins with.
  const routes = Object.keys(document.paths)
    .toSorted((a, b) => a.split('{').length - b.split('{').length || b.length - a.length)
    .map((path) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    }));
  const held = new Set<string>();

  return {
    held,
    hold(method, target, { status, headers, body, text }) {
      const route = routes.find(({ pattern }) => pattern.test(target.split('?')[0] ?? ''));
      const operation = document.paths[route?.path ?? '']?.[method.toLowerCase()];
      const call = `${method} ${route?.path} ${status}`;
      expect(operation, call).toBeDefined();
      const found = operation?.responses[status];
      expect(found, `${call}: ${text.slice(0, 300)}`).toBeDefined();
      const response = resolve<ResponseObject>(found as ResponseObject);
      for (const [name, header] of Object.entries((response.headers ?? {}) as Headers))
        if (resolve(header).required === true) expect(headers.get(name), `${call} ${name}`).not.toBeNull();
      const type = headers.get('content-type')?.split(';')[0] ?? '';
      const content = response.content?.[type] ?? response.content?.[type.replace(/\/.*/, '/*')];
      if (response.content === undefined) expect(text, call).toBe('');
      else expect(content, `${call} ${type}`).toBeDefined();
      if (type === 'application/json' && content !== undefined) holdSchema(content.schema, body);
      held.add(call);
    },
    holdMessage(type, body) {
      const { post } =
        (
          document['webhooks'] as Record<
            string,
            { post: { requestBody: { content: Record<string, { schema: object }> } } }
          >
        )[type] ?? {};
      const schema = post?.requestBody.content['application/json']?.schema;
      expect(schema, type).toBeDefined();
      holdSchema(schema ?? {}, body);
    },
  };
}

/** Published schemas leave room for members to come; here each that is not described is a fault. */
function closed(document: OpenApiDocument): object {
  const close = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(close);
    if (typeof value !== 'object' || value === null) return value;
    const made = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, close(each)]));
    return 'properties' in made && !('additionalProperties' in made)
      ? { ...made, additionalProperties: false }
      : made;
  };
  const { components, ...rest } = document;
  return { ...rest, components: { ...components, schemas: close(components.schemas) } };
}
