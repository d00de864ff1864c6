// Everything by which a server of the task API says no, as tables: a request that it refuses, and a task of it that failed.
// A Plantain names the type of its failure; other servers have a sentence only, in English or Chinese, so words must do.

import type { TaskErrorType, TaskFailure } from '../../core/errors.ts';
import type { Reading } from '../api-calls.ts';
import { saysModelForbidden, saysNoCredit, saysPerDay } from '../failures/account-words.ts';
import { asCharged } from '../failures/charging.ts';
import { searchedWords } from '../failures/error-words.ts';
import {
  creditUsedUp,
  dayUsedUp,
  httpFailure,
  modelForbidden,
  reasonFrom,
  withQuote,
} from '../failures/http-failure.ts';
import { saysMalformed, saysRefused } from '../failures/refusal-words.ts';
import { isOk } from '../transport.ts';
import type { TaskReply } from './reply.ts';
import type { TaskStatus } from './task-status.ts';
import type { Meaning } from '../failures/upstream-failure.ts';
import { leftOpen, upstreamFailure } from '../failures/upstream-failure.ts';

/** Name in messages. */
export const upstream = 'Nano-banana';

const contentRefused: Meaning = {
  type: 'content_rejected',
  says: `${upstream} refused the request for its content. Change the prompt or the pictures.`,
};
const inputRefused: Meaning = {
  type: 'input_unreachable',
  says: `${upstream} could not read an input picture. Send another file.`,
};

const keyRefused: Meaning = {
  type: 'upstream_auth',
  says: `${upstream} refused the API key. The operator should check the key.`,
};
const tooFast: Meaning = {
  type: 'upstream_rate_limited',
  says: `${upstream} takes no more requests for the moment (rate limit). Trying again later helps.`,
};

/** Meanings of words in a refusal that is not about content, the first row first: a key without credit is about credit. */
const refusalWords: readonly { fit(words: string): boolean; means: Meaning }[] = [
  { fit: saysPerDay, means: dayUsedUp(upstream) },
  { fit: (words) => saysNoCredit(words) || /余额|额度|点数|积分/.test(words), means: creditUsedUp(upstream) },
  { fit: saysModelForbidden, means: modelForbidden(upstream) },
  {
    fit: (words) => /api[ _-]?key|unauthori[sz]ed|invalid token|鉴权|密钥|令牌/i.test(words),
    means: keyRefused,
  },
  {
    fit: (words) =>
      /too many requests|rate limit|concurren\w{1,6} (?:\w{1,20} )?limit|频繁|限流|并发/i.test(words),
    means: tooFast,
  },
  {
    fit: (words) => /\bqueue is full|maintenance|繁忙|稍[后候]再?[试尝重]|队列已满|维护/i.test(words),
    means: unavailable('it has too much to do, or is being worked on'),
  },
];

/** How pictures in the body are refused: with 400 and `fail_to_submit_task`, or by a firewall's page (public clients of a vendor). */
const bodyRefused: ReadonlySet<number> = new Set([400, 415, 422]);
const pageRefused = 403;

export function submitFailure(
  reply: TaskReply,
  { withPictures, ...known }: Reading & { withPictures: boolean },
): TaskFailure {
  return refusalFailure(reply, known, withPictures);
}

/** Failure of a query that was refused. It says nothing of the task, which may well go on. */
export function queryFailure(reply: TaskReply, known: Reading): TaskFailure {
  if (reply.status === 404 && !reply.recognised) return unreadableQuery();
  const failure = refusalFailure(reply, known, false);
  // Nobody wrote the question but this server: some know a task only a while after they took it.
  const mayPass = failure.type === 'upstream_bad_request';
  return mayPass ? { ...failure, type: 'upstream_unavailable', retryable: true } : failure;
}

function refusalFailure(
  reply: TaskReply,
  { billable, ...known }: Reading,
  withPictures: boolean,
): TaskFailure {
  const { status, headers, recognised, codes } = reply;
  // Without the prompt, which may well be about what the tables look for.
  const message = searchedWords(reply.message, known.secrets);
  const means = meaningOf({ ...reply, message }, withPictures);
  const body = reply.answer;
  return httpFailure({ upstream, status, headers, recognised, message, codes, means, billable, body }, known);
}

function meaningOf(
  { status, recognised, message, errorType, codes, faultPaths, answer }: TaskReply,
  withPictures: boolean,
): Meaning | undefined {
  if (errorType === 'input_unreachable') return inputRefused;
  if (errorType === 'invalid_request' && faultPaths.includes('model'))
    return {
      type: 'upstream_bad_request',
      says: `${upstream} does not know the model. The operator should check the routes.`,
      modelUnknown: true,
    };
  // Some servers report trouble with the account as 500 inside an HTTP 200; an HTTP 500 may be trouble of the server itself.
  const isInside = status >= 500 && errorType === undefined && isOk(answer);
  if (isInside && [...codes, message].some(saysNoCredit)) return creditUsedUp(upstream);
  if (errorType !== undefined || status >= 500) return undefined;
  if (saysRefused({ codes, words: message })) return contentRefused;
  const row = refusalWords.find(({ fit }) => [...codes, message].some(fit));
  const refusesBody = bodyRefused.has(status) || (status === pageRefused && !recognised);
  if (row !== undefined || !withPictures || !refusesBody) return row?.means;
  return {
    type: 'upstream_bad_request',
    says: `${upstream} did not accept the request. Its pictures went inside the body, as data: URIs; a Plantain takes these, but other servers of this API refuse them. For edits, the operator should route to an upstream that takes them.`,
  };
}

/** Meanings here of the failures of a Plantain's tasks. Its upstream's trouble with keys and credit is no fault of our key. */
const endings: Readonly<Record<TaskErrorType, Meaning>> = {
  content_rejected: contentRefused,
  no_image: {
    type: 'no_image',
    says: `${upstream} gave no picture. Trying again may help, as may a prompt that asks plainly for a picture.`,
  },
  upstream_rate_limited: unavailable('its own upstream takes no more requests for the moment'),
  upstream_quota: unavailable('the quota at its own upstream is used up'),
  upstream_billing: unavailable('the credit at its own upstream is used up'),
  upstream_auth: unavailable('its own upstream refused its key'),
  upstream_unavailable: unavailable('its own upstream is overloaded or failed'),
  upstream_bad_request: {
    type: 'upstream_bad_request',
    says: `The upstream of ${upstream} did not accept the request. Change the prompt, the pictures or the options.`,
  },
  input_unreachable: inputRefused,
  deadline_exceeded: unavailable('the task was not done within the time that it allows'),
  cancelled: unavailable('the task was cancelled there'),
  internal: unavailable('it met a fault of its own'),
};

function unavailable(why: string): Meaning {
  return {
    type: 'upstream_unavailable',
    says: `${upstream} could not make the picture: ${why}. Trying again later may help.`,
  };
}

/** Failure of a task that failed at the server. Where the server does not say whether it bills the task, it may. */
export function taskFailure(task: TaskStatus, secrets: readonly string[]): TaskFailure {
  const { errorType = '', upstreamReason = '', maybeBilled = true } = task;
  const message = searchedWords(task.message, secrets);
  const typed = Object.hasOwn(endings, errorType) ? endings[errorType as TaskErrorType] : undefined;
  const { type, says } = typed ?? meaningInWords(task.codes, message);
  const reason = errorType === '' ? message : `${errorType} ${upstreamReason}`;
  const quoted = withQuote(says, message, { upstream, secrets });
  const billed = maybeBilled ? { maybeBilled } : {};
  const failure = upstreamFailure(type, quoted, reasonFrom(reason, secrets) || 'error', billed);
  // A Plantain tells of each attempt; of others the words are all that there is.
  return task.maybeBilled === undefined ? asCharged(failure, message, secrets) : failure;
}

function meaningInWords(codes: readonly string[], words: string): Meaning {
  if (saysRefused({ codes, words })) return contentRefused;
  return saysMalformed(words) ? endings.upstream_bad_request : unavailable('the task failed there');
}

export function noPictures(task: TaskStatus, secrets: readonly string[]): TaskFailure {
  const words = searchedWords(task.message, secrets);
  const { type, says } = saysRefused({ words }) ? contentRefused : endings.no_image;
  const said = task.message || task.description;
  const message = withQuote(`${says} The task may have been billed.`, said, { upstream, secrets });
  return upstreamFailure(type, message, 'succeeded without images', { maybeBilled: true });
}

export function taskGone(): TaskFailure {
  const message = `${upstream} no longer knows the task that it took, so its picture is lost. Trying again may help; the task may have been billed.`;
  return upstreamFailure('upstream_unavailable', message, '404 task unknown', leftOpen);
}

export function unreadableQuery(): TaskFailure {
  const message = `What answered at the address of ${upstream} does not speak the task API. Asking again may help; if it stays so, the operator should check the base URL.`;
  return upstreamFailure('upstream_unavailable', message, 'unreadable answer');
}
