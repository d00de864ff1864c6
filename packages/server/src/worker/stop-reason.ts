// Why a running task was told to stop. It travels as the abort signal's reason, so that control flow is typed.

export class StopReason extends Error {
  readonly kind: 'deadline' | 'cancelled' | 'lease_lost' | 'shutdown';

  constructor(kind: StopReason['kind']) {
    super(`The task was stopped: ${kind}.`);
    this.name = 'StopReason';
    this.kind = kind;
  }
}
