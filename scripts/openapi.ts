// `node scripts/openapi.ts > docs/openapi.json`: writes the OpenAPI document, laid out for readers; the server serves that file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { version } from '../packages/server/src/cli/version.ts';
import { createOpenApiDocument } from '../packages/server/src/http/openapi/document.ts';
import { createWireSchemas } from './wire-schemas.ts';

/** The whole file, laid out as the check wants it. */
export function renderOpenApi(): Promise<string> {
  const style = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', '.prettierrc.json'), 'utf8'),
  ) as object;
  return format(JSON.stringify(createOpenApiDocument(version, createWireSchemas())), {
    ...style,
    parser: 'json',
  });
}

if (import.meta.main) process.stdout.write(await renderOpenApi());
