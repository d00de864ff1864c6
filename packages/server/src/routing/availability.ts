// Availability of a model now: of all targets that serve it, the one that is open, or will be first.

import type { TaskFailure } from '../core/errors.ts';
import { readNeed } from '../core/upstreams/needs.ts';
import type { Availability, Avoid, Need } from '../core/upstreams/router.ts';
import { lackOf, targetBlockReason, serves, type RouteTarget } from './route-target.ts';
import {
  endlessTypes,
  isEndless,
  says,
  sooner,
  waitReasons,
  type EndlessCause,
  type BlockReason,
} from './block-reason.ts';

/** Finds what a task can expect. `targets` are all of its model, in the order of preference. */
export function findAvailability(
  need: Need,
  targets: readonly RouteTarget[],
  now: number,
  avoid: Avoid = () => false,
): Availability {
  const isLeft = ({ use }: RouteTarget) =>
    use.credentials.some(({ label }) => !avoid({ upstreamName: use.name, credential: label }));
  const serving = targets.filter((target) => serves(target, need) && isLeft(target));
  if (serving.length === 0) return { kind: 'blocked', failure: notServed(need, targets) };
  let first: BlockReason | undefined;
  let behind = '';
  for (const target of serving) {
    const blockReason = targetBlockReason(target, now, avoid);
    if (blockReason === undefined) return { kind: 'open' };
    if (sooner(first, blockReason) !== blockReason) continue;
    first = blockReason;
    behind = target.use.name;
  }
  const { cause, until } = first!;
  if (isEndless(cause)) return { kind: 'blocked', failure: allPaused(need, serving, cause, now) };
  return {
    kind: 'waiting',
    reason: waitReasons[cause],
    until: Number.isFinite(until) ? until : null,
    message: `Tasks of ${need.model} wait for ${behind}: ${says[cause]}.`,
  };
}

function notServed(need: Need, targets: readonly RouteTarget[]): TaskFailure {
  const { model } = need;
  const { pictures, hasMask } = readNeed(need);
  const asked = `${pictures} input pictures${hasMask ? ' and a mask' : ''}`;
  const lacks = targets.flatMap((target) => {
    const lack = lackOf(target, need);
    return lack === undefined ? [] : [`${target.use.name} ${lack}`];
  });
  const why = lacks.length === 0 ? '' : ` (${[...new Set(lacks)].join('; ')})`;
  const message =
    targets.length === 0
      ? `No upstream serves the model ${model} any more. Submit the task again with another model.`
      : `No upstream serves the model ${model} with ${asked}${why}. Submit the task again with fewer, or with another model.`;
  return { type: 'upstream_bad_request', message, retryable: false };
}

/** Failure of a task whose targets are all paused. `cause` is that of the first: of causes without an end none ends sooner. */
function allPaused(
  { model }: Need,
  targets: readonly RouteTarget[],
  cause: EndlessCause,
  now: number,
): TaskFailure {
  const reasons = new Map<string, Set<string>>();
  for (const { use, upstreamModel } of targets) {
    const ofUpstream = reasons.get(use.name) ?? new Set();
    reasons.set(use.name, ofUpstream);
    for (const credential of use.credentials) {
      const blockReason = credential.blockReason(upstreamModel, now);
      if (blockReason !== undefined) ofUpstream.add(says[blockReason.cause]);
    }
  }
  const list = [...reasons].map(([name, each]) => `${name}: ${[...each].join(', or ')}`).join('; ');
  return {
    type: endlessTypes[cause],
    message: `No upstream can serve the model ${model} until the operator has seen to it (${list}).`,
    retryable: false,
  };
}
