// Answers of generateContent, made of a task that succeeded.

import type { RenderPicture } from '../../../core/pictures/renditions.ts';
import { countOf, type StoredPicture, type Task } from '../../../core/tasks/task.ts';
import { imagesData, type Links } from '../../views/task-view.ts';
import type { GeminiCandidate, GeminiContents, GeminiPart, GeminiUsage } from './answers.ts';
import { convertedFile, convertedLink, convertedType } from '../kit/converted-picture.ts';
import { PictureText } from '../kit/picture-json.ts';
import type { Sending } from './shape.ts';

/** A candidate for each picture where several were asked for; else all pictures are parts of one. */
export async function contentsOf(
  task: Task,
  sending: Sending,
  { links: toLinks, render }: { links: Links; render: RenderPicture },
): Promise<GeminiContents> {
  const pictures = task.result?.pictures ?? [];
  const description = task.result?.description ?? '';
  const links = sending.asLink ? imagesData(task, toLinks).images.map(({ url }) => url) : [];
  const shown = await Promise.all(
    pictures.map((picture, index) => partOf(task, picture, { ...sending, link: links[index] }, render)),
  );
  const text: GeminiPart[] = sending.withText && description !== '' ? [{ text: description }] : [];
  const groups = countOf(task.request) > 1 ? shown.map((part) => [part]) : [shown];
  const candidates = groups.map((group, index): GeminiCandidate => ({
    content: { role: 'model', parts: [...(index === 0 ? text : []), ...group] },
    finishReason: 'STOP',
    index,
  }));
  return { candidates, ...usageOf(task), modelVersion: task.model, responseId: task.id };
}

async function partOf(
  task: Task,
  picture: StoredPicture,
  { link, ...sending }: Sending & { link: string | undefined },
  render: RenderPicture,
): Promise<GeminiPart> {
  if (link !== undefined)
    return {
      fileData: { mimeType: convertedType(picture, sending), fileUri: convertedLink(link, sending) },
    };
  const { key, contentType } = await convertedFile(render, task, picture, sending);
  // `PictureText` is the base64 of its picture once it is sent.
  return { inlineData: { mimeType: contentType, data: new PictureText(key) as unknown as string } };
}

/** Tokens in Google's members, where the upstream counted any. */
export function usageOf(task: Task | undefined): { usageMetadata?: GeminiUsage } {
  const usage = task?.result?.usage;
  if (usage === undefined) return {};
  const {
    input_tokens: input = 0,
    input_image_tokens: inputImages = 0,
    output_tokens: output = 0,
    output_image_tokens: images = 0,
    total_tokens: total = input + output,
  } = usage;
  return {
    usageMetadata: {
      promptTokenCount: input,
      candidatesTokenCount: output,
      totalTokenCount: total,
      promptTokensDetails: byModality(input, inputImages),
      candidatesTokensDetails: byModality(output, images),
    },
  };
}

function byModality(all: number, ofImages: number): GeminiUsage['promptTokensDetails'] {
  const counts = [
    { modality: 'TEXT', tokenCount: Math.max(0, all - ofImages) },
    { modality: 'IMAGE', tokenCount: ofImages },
  ] as const;
  return counts.filter(({ tokenCount }) => tokenCount > 0);
}
