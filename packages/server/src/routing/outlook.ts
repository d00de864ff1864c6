// What tasks of a model can expect now: of all ways to serve it the one that is open, or will be first.

import type { TaskFailure } from '../core/errors.ts';
import type { Avoid, Need, Outlook } from '../core/router.ts';
import { laneObstacle, serves, type Lane } from './lane.ts';
import {
  endlessTypes,
  isEndless,
  says,
  sooner,
  waitReasons,
  type EndlessCause,
  type Obstacle,
} from './obstacle.ts';

/** `lanes` are all of the need's model, in the order of preference. */
export function findOutlook(
  need: Need,
  lanes: readonly Lane[],
  now: number,
  avoid: Avoid = () => false,
): Outlook {
  const isLeft = ({ use }: Lane) =>
    use.accounts.some(({ label }) => !avoid({ upstreamName: use.name, account: label }));
  const serving = lanes.filter((lane) => serves(lane, need) && isLeft(lane));
  if (serving.length === 0) return { kind: 'blocked', failure: notServed(need, lanes) };
  let first: Obstacle | undefined;
  let behind = '';
  for (const lane of serving) {
    const obstacle = laneObstacle(lane, now, avoid);
    if (obstacle === undefined) return { kind: 'open' };
    if (sooner(first, obstacle) !== obstacle) continue;
    first = obstacle;
    behind = lane.use.name;
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

function notServed({ model, inputs }: Need, lanes: readonly Lane[]): TaskFailure {
  const message =
    lanes.length === 0
      ? `No upstream serves the model ${model} any more. Submit the task again with another model.`
      : `No upstream serves the model ${model} with ${inputs} input pictures. Submit the task again with fewer, or with another model.`;
  return { type: 'upstream_bad_request', message, retryable: false };
}

/** `cause` is that of the first lane, as of causes that never end by themselves none is over sooner than the first. */
function allPaused({ model }: Need, lanes: readonly Lane[], cause: EndlessCause, now: number): TaskFailure {
  const reasons = new Map<string, Set<string>>();
  for (const { use, upstreamModel } of lanes) {
    const ofUpstream = reasons.get(use.name) ?? new Set();
    reasons.set(use.name, ofUpstream);
    for (const account of use.accounts) {
      const obstacle = account.obstacle(upstreamModel, now);
      if (obstacle !== undefined) ofUpstream.add(says[obstacle.cause]);
    }
  }
  const list = [...reasons].map(([name, each]) => `${name}: ${[...each].join(', or ')}`).join('; ');
  return {
    type: endlessTypes[cause],
    message: `No upstream can serve the model ${model} until the operator has seen to it (${list}).`,
    retryable: false,
  };
}
