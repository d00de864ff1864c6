// The answer to a chat completion: the pictures of a task, whole or as the pieces of a stream.

import type { StoredPicture, Task } from '../../../core/tasks/task.ts';
import { taskCost } from '../../views/task-cost.ts';
import { imagesData, type Links } from '../../views/task-view.ts';
import { PictureText } from '../kit/picture-json.ts';
import type { RanTask } from '../kit/run-task.ts';
import type { ChatChunk, ChatCompletion, ChatPicture, ChatUsage } from './answers.ts';
import type { Answering } from './chat-members.ts';

/** Members that all pieces of an answer have in common. */
export interface ChatHead {
  id: string;
  created: number;
  model: string;
}

export function completionOf(
  head: ChatHead,
  { task, warnings }: RanTask,
  answering: Answering,
  links: Links,
): ChatCompletion {
  const message = {
    role: 'assistant' as const,
    content: contentOf(task, answering, links),
    refusal: null,
    ...(answering.inImages ? { images: imagesOf(task, answering, links) } : {}),
  };
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }],
    usage: usageOf(task),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** First piece, which is sent while the task runs. */
export function beginning(head: ChatHead): ChatChunk {
  return chunk(head, { role: 'assistant', content: '' });
}

/** Pieces of a stream behind the first one: the words, each picture, the end, and what was used where that is asked for. */
export function* piecesOf(
  head: ChatHead,
  { task, warnings }: RanTask,
  answering: Answering,
  links: Links,
): Generator<ChatChunk> {
  const content = contentOf(task, answering, links);
  if (content !== '') yield chunk(head, { content });
  if (answering.inImages)
    for (const picture of imagesOf(task, answering, links)) yield chunk(head, { images: [picture] });
  yield { ...chunk(head, {}, 'stop'), ...(warnings.length === 0 ? {} : { warnings }) };
  if (answering.tellsUsage)
    yield { ...head, object: 'chat.completion.chunk', choices: [], usage: usageOf(task) };
}

function chunk(
  head: ChatHead,
  delta: ChatChunk['choices'][number]['delta'],
  finishReason: 'stop' | null = null,
): ChatChunk {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finishReason, logprobs: null }],
  };
}

/** The model's words, and behind them each picture as Markdown, for clients that show nothing else. */
function contentOf(task: Task, { inContent }: Answering, links: Links): string {
  const { images, description } = imagesData(task, links);
  const shown = inContent ? images.map(({ url }) => `![image](${url})`) : [];
  return [description, ...shown].filter((part) => part !== '').join('\n\n');
}

function imagesOf(task: Task, { asLinks }: Answering, links: Links): ChatPicture[] {
  const { images } = imagesData(task, links);
  const pictures = task.result?.pictures ?? [];
  const urls = asLinks ? images.map(({ url }) => url) : pictures.map(inData);
  return urls.map((url, index) => ({ type: 'image_url', image_url: { url }, index }));
}

/** `PictureText` is the base64 of its picture once it is sent. */
function inData({ key, content_type: type }: StoredPicture): string {
  return new PictureText(key, `data:${type};base64,`) as unknown as string;
}

function usageOf(task: Task): ChatUsage {
  const { input_tokens: prompt = 0, output_tokens: made = 0, total_tokens: total } = task.result?.usage ?? {};
  const { charged_micro_usd: charged } = taskCost(task);
  return {
    prompt_tokens: prompt,
    completion_tokens: made,
    total_tokens: total ?? prompt + made,
    ...(charged === null ? {} : { cost: charged / 1_000_000 }),
  };
}
