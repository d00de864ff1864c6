// Asks an upstream to drop the operation of an attempt that nobody will follow any more. Nothing waits for the answer: the task
// ends as it would have, and its record says that the operation may have been billed.

import type { Attempt, Operation } from '../tasks/task.ts';
import type { Router } from './router.ts';
import type { Upstream } from './upstream.ts';

/** How long an upstream may take over it. */
const patienceMs = 10_000;

export function cancelOperation(
  router: Router,
  { operation, upstream, upstreamModel, credential }: Attempt,
): void {
  if (operation === null || credential === null) return;
  const slot = router.resume({ upstreamName: upstream, credential, upstreamModel });
  if (slot === null) return;
  const release = () => slot.release({ kind: 'stopped' });
  dropOperation(slot.upstream, operation.operation).then(release, release);
}

/** Asks an upstream that is at hand to drop an operation. Rejects only where the answer of the upstream does. */
export async function dropOperation(upstream: Upstream, operation: Operation): Promise<void> {
  await upstream.cancel?.(operation, AbortSignal.timeout(patienceMs));
}
