// Everything that a database stores for the server: all ports together.

import type { AlertStore } from '../core/alerts/alerts.ts';
import type { AuditStore } from '../core/audit/audit.ts';
import type { ClientBatchStore } from '../core/batches/client-batches.ts';
import type { GaugesStore } from '../core/gauges/store-gauges.ts';
import type { KeyStore } from '../core/keys/key-store.ts';
import type { LedgerStore } from '../core/ledger/ledger.ts';
import type { RateStore } from '../core/limits/rate-exchange.ts';
import type { RunningCounts } from '../core/limits/standing.ts';
import type { StoredBytesStore } from '../core/limits/stored-bytes.ts';
import type { DeclarationStore } from '../core/keys/declaration-store.ts';
import type { OwnerStore } from '../core/owners/owner-store.ts';
import type { FileStore } from '../core/pictures/file-store.ts';
import type { SessionStore } from '../core/sessions/session-store.ts';
import type { StatisticsStore } from '../core/tasks/statistics.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { KeyStateStore } from '../core/upstreams/key-states.ts';
import type { UnreadAnswerStore } from '../core/upstreams/unread-answer.ts';
import type { UsageStore } from '../core/usage/usage.ts';
import type { WebhookStore } from '../core/webhooks/webhook-store.ts';

export type Store = TaskStore &
  KeyStore &
  SessionStore &
  OwnerStore &
  DeclarationStore &
  AuditStore &
  FileStore &
  ClientBatchStore &
  WebhookStore &
  StatisticsStore &
  LedgerStore &
  AlertStore &
  UsageStore &
  UnreadAnswerStore &
  KeyStateStore &
  StoredBytesStore &
  RunningCounts &
  GaugesStore &
  // Only a store that other servers share has it.
  Partial<RateStore>;

/** Keys and owners, for a command, with what of them the settings declare. */
export type KeysOfCommand = KeyStore &
  OwnerStore &
  Pick<DeclarationStore, 'readDeclarations'> &
  Pick<LedgerStore, 'standingsOf'> &
  Pick<SessionStore, 'insertSignInLink'> &
  RunningCounts;

/** Ledger as the command of it needs it, with those whose it is. */
export type LedgerOfCommand = Pick<LedgerStore, 'listEntries' | 'findLedgerFaults' | 'adjust'> &
  Pick<KeyStore, 'findKey'> &
  Pick<OwnerStore, 'findOwner'>;

/** A store whose database was away when it was to be opened. All that is asked of it rejects until it was opened. */
export interface AwayAtStart {
  /** Says to the operator what is the matter, and what to do. */
  sentence: string;
  /** Opens the store as soon as the database is there. Rejects with `StartRefusedError` where it can't be used, and when the store is closed. */
  untilOpen(): Promise<void>;
}

/** Lane of writes: SQLite has one, `writer`; on PostgreSQL takes, large batches and sweeps have their own. */
export type WriteLane = 'writer' | 'takes' | 'large' | 'sweeps';

/** Told of each group of writes that was answered: how many they were, and how long that took, in milliseconds. It must not throw. */
export type OnWritten = (lane: WriteLane, writes: number, durationMs: number) => void;

/** `step` counts from 1. */
export type OnSchemaStep = (step: number, steps: number) => void;

/** Told how a database is that other processes share, for the operator. */
export interface DatabaseListeners {
  /** A step of the schema is about to be taken on a database that has records, of so many in all: it may take minutes where there are many. */
  onSchemaStep: OnSchemaStep;
  /** The database has gone away: a sentence that says what is the matter. */
  onAway: (sentence: string) => void;
  onBack: () => void;
  /** A statement failed although the database is there: what it said, once in a while. */
  onRefused: (words: string) => void;
  /** The connection that hears of changes goes through a pooler, which may keep them from it; told once. */
  onPooled: () => void;
}
