// Builds the two requests of the Images API: JSON for a prompt alone, a form where pictures come with it. Only what has to be
// said is said: what nobody asked for, and the format, stays the model's own. Source: npm `openai` 7.59.0, resources/images.d.ts.

import { FormData } from 'undici';
import type { Picture, UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { extensionOf } from '../../lib/content-types.ts';
import type { Call } from '../transport.ts';
import { sizeOf, takesResponseFormat } from './models.ts';

/** Members without which a picture can be made too, and that some servers refuse. A mask is none: without it another picture would be made. */
export const optionalMembers = [
  'size',
  'quality',
  'background',
  'moderation',
  'response_format',
  'partial_images',
] as const;
export type OptionalMember = (typeof optionalMembers)[number];

/** Path below the base URL, and body to send there; `without` the members that the server is known to refuse for this model. */
export function buildRequest(
  request: UpstreamRequest,
  without: ReadonlySet<OptionalMember>,
): { path: string[]; body: NonNullable<Call['body']> } {
  const { model, prompt, inputs, mask, count } = request;
  const values = optionalFields(request);
  const optional = sentMembers(request).filter((name) => !without.has(name));
  const fields = {
    model,
    prompt,
    ...(Object.fromEntries(optional.map((name) => [name, values[name]])) as Record<string, string | number>),
    // Partial images come in a stream only.
    ...(optional.includes('partial_images') ? { stream: true } : {}),
    ...(count === undefined ? {} : { n: count }),
  };
  if (inputs.length === 0) return { path: ['images', 'generations'], body: { json: fields } };
  return { path: ['images', 'edits'], body: { form: toForm(fields, inputs, mask) } };
}

/** Members of the request that can be left out. */
export function sentMembers(request: UpstreamRequest): OptionalMember[] {
  const values = optionalFields(request);
  return optionalMembers.filter((name) => values[name] !== undefined);
}

/** Whether the call that the request makes has no place for what it asks of `moderation`: an edit has none. */
export function lacksModeration({ inputs, moderation }: UpstreamRequest): boolean {
  return moderation !== undefined && inputs.length > 0;
}

/** Whether partial images are asked for and the call can't have them: OpenAI's "Streaming is only supported with n=1". */
export function lacksStream({ partialImages, count = 1 }: UpstreamRequest): boolean {
  return partialImages !== undefined && count > 1;
}

function optionalFields(request: UpstreamRequest): Record<OptionalMember, string | number | undefined> {
  const { model, quality, background, moderation, partialImages } = request;
  return {
    size: sizeOf(request),
    quality,
    background,
    moderation: lacksModeration(request) ? undefined : moderation,
    response_format: takesResponseFormat(model) ? 'b64_json' : undefined,
    partial_images: lacksStream(request) ? undefined : partialImages,
  };
}

/** Fields come before files: some servers read them while the files still arrive. */
function toForm(
  fields: Readonly<Record<string, string | number | boolean>>,
  inputs: readonly Picture[],
  mask: Picture | undefined,
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  for (const [index, picture] of inputs.entries()) {
    const fileName = `image-${index + 1}.${extensionOf(picture.contentType) ?? 'png'}`;
    form.append(inputs.length === 1 ? 'image' : 'image[]', fileOf(picture), fileName);
  }
  if (mask !== undefined) form.append('mask', fileOf(mask), 'mask.png');
  return form;
}

const fileOf = ({ bytes, contentType }: Picture): Blob =>
  new Blob([bytes as Uint8Array<ArrayBuffer>], { type: contentType });
