// Looks again and again for what is to be told of budgets and keys. Any number of servers do: the store has each alert once.

import type { AlertStore } from '../core/alerts/alerts.ts';
import { budgetAlerts, expiryAlerts, nameOf, warnedMs } from '../core/alerts/find-alerts.ts';
import { type Emit, emitFault } from '../core/events.ts';
import type { DefaultLimits } from '../core/limits/subjects.ts';
import type { Clock } from '../lib/clock.ts';
import { errorName } from '../lib/error-name.ts';
import { startInterval, type StartTimer } from '../lib/timers.ts';

export interface AlertDependencies {
  store: AlertStore;
  /** Budgets of those that have none of their own. */
  defaults: DefaultLimits;
  clock: Clock;
  startTimer: StartTimer;
  emit: Emit;
  /** Called when deliveries were made. */
  onTold: () => void;
}

export interface AlertWatch {
  /** Looks once. Rejects where the store does. */
  look(): Promise<void>;
  /** Looks again and again until the stop. */
  start(): void;
  /** Resolves when a look under way has ended. */
  stop(): Promise<void>;
}

const lookEveryMs = 5_000;
/** So many are known to have been told, to spare the store. */
const maxTold = 100_000;

export function createAlertWatch(dependencies: AlertDependencies): AlertWatch {
  const { store, defaults, clock, startTimer, emit, onTold } = dependencies;
  const told = new Set<string>();
  const isTold = (name: string) => told.has(name);
  let stopTimer = () => {};
  let isStopped = false;
  let underWay: Promise<void> | null = null;

  async function look(): Promise<void> {
    const at = clock.now();
    const balances = await store.listUsedBalances(at);
    const keys = await store.listExpiringKeys({ now: at, by: at + warnedMs });
    const alerts = [
      ...balances.flatMap((balance) => budgetAlerts(balance, { at, defaults, isTold })),
      ...keys.flatMap((key) => expiryAlerts(key, at)),
    ];
    for (const alert of alerts) {
      const name = nameOf(alert);
      if (isStopped || isTold(name)) continue;
      if (await store.insertAlert(alert)) onTold();
      told.add(name);
      const [oldest] = told;
      if (told.size > maxTold && oldest !== undefined) told.delete(oldest);
    }
  }

  function lookInTurn(): void {
    underWay ??= look()
      .catch((error: unknown) => emitFault(emit, error, 'webhook_fault', { error: errorName(error) }))
      .finally(() => (underWay = null));
  }

  return {
    look,
    start() {
      stopTimer = startInterval(startTimer, lookInTurn, lookEveryMs);
    },
    async stop() {
      isStopped = true;
      stopTimer();
      await underWay;
    },
  };
}
