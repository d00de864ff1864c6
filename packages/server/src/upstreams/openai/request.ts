// Builds the two requests of the Images API: JSON for a prompt alone, a form where pictures come with it. Only what has to be
// said is said: quality, moderation and format stay the model's own. Source: npm `openai` 7.57.0, resources/images.d.ts.

import { FormData } from 'undici';
import type { Picture, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { extensionOf } from '../../lib/content-types.ts';
import type { Call } from '../transport.ts';
import { sizeOf, takesResponseFormat } from './models.ts';

/** Members that are sent unasked, and that some servers refuse. */
export type OptionalMember = 'response_format' | 'size';

/** Path below the base URL, and body to send there; `without` the members that the server is known to refuse for this model. */
export function buildRequest(
  request: UpstreamRequest,
  without: ReadonlySet<OptionalMember>,
): { path: string[]; body: NonNullable<Call['body']> } {
  const { model, prompt, inputs } = request;
  const fields = {
    model,
    prompt,
    ...(without.has('size') ? {} : { size: sizeOf(request) }),
    ...(request.count === undefined ? {} : { n: request.count }),
    ...(takesResponseFormat(model) && !without.has('response_format') ? { response_format: 'b64_json' } : {}),
  };
  if (inputs.length === 0) return { path: ['images', 'generations'], body: { json: fields } };
  return { path: ['images', 'edits'], body: { form: toForm(fields, inputs) } };
}

/** Fields come before files: some servers read them while the files still arrive. */
function toForm(fields: Readonly<Record<string, string | number>>, inputs: readonly Picture[]): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  for (const [index, { bytes, contentType }] of inputs.entries()) {
    const file = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: contentType });
    const fileName = `image-${index + 1}.${extensionOf(contentType) ?? 'png'}`;
    form.append(inputs.length === 1 ? 'image' : 'image[]', file, fileName);
  }
  return form;
}
