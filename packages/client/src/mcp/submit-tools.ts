// Tools that make pictures, and the one that uploads a picture.

import type { CallToolResult } from '@modelcontextprotocol/server';
import { ApiError, type BatchInput, type PlantainClient, PlantainError } from '../index.ts';
import { givenPicture, howToPost, pictureToUpload } from './given-pictures.ts';
import { type EditArguments, type GenerateArguments, schemas, type UploadArguments } from './schemas.ts';
import { jsonContent, type Tool, type ToolCall, type ToolParts } from './tool.ts';
import { waitFor } from './task-tools.ts';

const makes = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true };

/** `files`: whether pictures may be files of the caller's machine. `baseUrl`: the address for uploads that exceed a call. */
export function submitTools(files: boolean, baseUrl: string): Tool[] {
  const larger = `A call has at most 10 MiB. For a larger picture ${howToPost(baseUrl)}`;
  const generate: Tool<GenerateArguments> = {
    name: 'generate_image',
    title: 'Generate an image',
    description:
      'Makes pictures from a prompt, one unless count says more, and waits for them. For other prompts call it again.',
    inputSchema: schemas.generate(files),
    annotations: makes,
    run: (parts, given, call) => submit(parts, 'generate', given, call),
  };
  const edit: Tool<EditArguments> = {
    name: 'edit_image',
    title: 'Edit images',
    description: 'Changes or combines pictures as the prompt says and waits for the result.',
    inputSchema: schemas.edit(files),
    annotations: makes,
    run: (parts, given, call) => submit(parts, 'edit', given, call),
  };
  const send: Tool<UploadArguments> = {
    name: 'upload_image',
    title: 'Upload an image',
    description: `Sends a picture and gives a link to it, which image_urls takes as often as you like until it expires.${files ? '' : ` ${larger}`}`,
    inputSchema: schemas.upload(files),
    annotations: { ...makes, openWorldHint: false },
    run: upload,
  };
  return [generate, edit, send];
}

async function submit(
  parts: ToolParts,
  action: 'generate' | 'edit',
  {
    wait_seconds: waitSeconds,
    dry_run: isDry = false,
    image_urls: pictures,
    mask,
    ...rest
  }: GenerateArguments & Pick<EditArguments, 'mask'>,
  call: ToolCall,
): Promise<CallToolResult> {
  const { client } = parts;
  const { signal } = call;
  const given = await Promise.all(
    (pictures ?? []).map((picture, index) => givenPicture(picture, `image_urls[${index}]`, parts)),
  );
  const input = {
    ...rest,
    ...(pictures === undefined ? {} : { image_urls: given }),
    ...(mask === undefined ? {} : { mask: await givenPicture(mask, 'mask', parts) }),
  };
  if (isDry) return await dryRun(client, { ...input, action }, signal);
  const { task_id: id } =
    action === 'generate'
      ? await client.generate(input, { signal })
      : await client.edit({ ...input, image_urls: given }, { signal });
  return await waitFor(parts, id, waitSeconds, call);
}

/** Tells what the task would cost, and the limits and budgets of the key and its owner, with what is left of them. */
async function dryRun(
  client: PlantainClient,
  task: BatchInput['tasks'][number],
  signal: AbortSignal,
): Promise<CallToolResult> {
  const { cost, warnings } = await client.batch.dryRun({ tasks: [task] }, { signal });
  const { limits, used, budget, owner } = await client.me({ signal });
  const found = { cost, ...(warnings === undefined ? {} : { warnings }), limits, used, budget, owner };
  return jsonContent(found, 'Nothing was made. Call it without dry_run to make it.');
}

async function upload(
  parts: ToolParts,
  { image, expires_in_seconds: expiresInSeconds }: UploadArguments,
  { signal }: ToolCall,
): Promise<CallToolResult> {
  const source = await pictureToUpload(image, 'image', parts);
  const file = await parts.client.files
    .upload(source, { signal, expiresInSeconds })
    .catch((error: unknown) => {
      throw error instanceof ApiError ? inOwnTerms(error) : error;
    });
  const { file: link, content_type, width, height, bytes, expires_at } = file;
  return jsonContent({
    image_url: link,
    content_type,
    width,
    height,
    bytes,
    expires_at: new Date(Number(expires_at) * 1000).toISOString(),
  });
}

/** Replaces names of the API's members, which the tool does not have, by the tool's own. */
function inOwnTerms({ message, hint }: ApiError): PlantainError {
  return new PlantainError(message.replace(/^(file|url)(?=:)/, 'image'), { hint });
}
