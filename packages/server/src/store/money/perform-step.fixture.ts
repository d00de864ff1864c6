// A step of the model, and the check after it.

import { performBurst } from './burst.fixture.ts';
import { subjects } from './expected-money.fixture.ts';
import type { Step } from './steps.fixture.ts';
import type { World } from './world.fixture.ts';

export async function performStep(world: World, step: Step): Promise<void> {
  switch (step.kind) {
    case 'burst':
      await performBurst(world, step);
      break;
    case 'limit':
      await world.limit(subjects[step.subject]!.id, step.budget, step.limits);
      break;
    case 'pass':
      world.now += step.ms;
      break;
    case 'holds':
      await world.endHolds({
        failedButBilled: 'absorb',
        unknownOutcomes: step.charges ? 'charge' : 'absorb',
      });
      break;
    case 'adjust':
      await world.adjust(step.subject, step.spentDelta);
      break;
    case 'delete':
      await world.delete(step.pick);
  }
  await world.check();
}
