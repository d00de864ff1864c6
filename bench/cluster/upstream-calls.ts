// Record of the calls that reach the upstreams: by whom, for which task, from when to when, and whether they would be charged for.

export type UpstreamName = 'wide' | 'plain' | 'narrow';

export interface UpstreamCall {
  upstream: UpstreamName;
  /** Of the node that made it. */
  node: string;
  /** In the prompt of the task. */
  number: number;
  /** Unix milliseconds. */
  startedAt: number;
  /** Of the call, not of an operation that it began; `null` while it is open. */
  endedAt: number | null;
  /** Whether it ended because the node closed the connection. */
  isHungUp: boolean;
  /** A picture was made for it, or an operation begun. */
  isCharged: boolean;
  operation: string | null;
  /** When its operation has the picture, in Unix milliseconds; `null` where the node knows of none. */
  doneAt: number | null;
  /** Nodes that asked after the operation, with the time of their first question. */
  askedBy: Map<string, number>;
}

export interface UpstreamCalls {
  readonly all: readonly UpstreamCall[];
  begin(upstream: UpstreamName, node: string, number: number): { call: UpstreamCall; isFirst: boolean };
  /** Calls of a node that are open, and operations that it was the last to begin or to find. */
  under(node: string): UpstreamCall[];
}

export function createUpstreamCalls(): UpstreamCalls {
  const all: UpstreamCall[] = [];
  const seen = new Set<number>();
  return {
    all,
    begin(upstream, node, number) {
      const isFirst = !seen.has(number);
      seen.add(number);
      const call: UpstreamCall = {
        upstream,
        node,
        number,
        startedAt: Date.now(),
        endedAt: null,
        isHungUp: false,
        isCharged: false,
        operation: null,
        doneAt: null,
        askedBy: new Map(),
      };
      all.push(call);
      return { call, isFirst };
    },
    under: (node) => all.filter((call) => isOpen(call) && holderOf(call) === node),
  };
}

const isOpen = ({ endedAt, doneAt }: UpstreamCall) => endedAt === null || (doneAt ?? 0) > Date.now();
const holderOf = ({ node, askedBy }: UpstreamCall) => [...askedBy.keys()].at(-1) ?? node;

/** Most calls that were open at once, and when. A call that its node hung up was over a moment before that was heard of. */
export function mostAtOnce(calls: readonly UpstreamCall[]): { most: number; at: number } {
  const edges = calls.flatMap(({ startedAt, endedAt, isHungUp }) => [
    { at: startedAt, by: 1 },
    { at: (endedAt ?? Infinity) - (isHungUp ? hearsayMs : 0), by: -1 },
  ]);
  edges.sort((a, b) => a.at - b.at || a.by - b.by);
  let [now, most, when] = [0, 0, 0];
  for (const { at, by } of edges) {
    now += by;
    if (now > most) [most, when] = [now, at];
  }
  return { most, at: when };
}

const hearsayMs = 100;
