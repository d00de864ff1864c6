// The schema on PostgreSQL, as numbered steps that are never edited once released: step N takes a database from version N-1 to N.
// Columns are named as on SQLite, times are Unix milliseconds, JSON is text: what a client sends may hold characters that jsonb refuses.
// The CHECKs hold the state table of core/tasks/task.ts, so that no bug can store a task that could not exist.

import { adminKeys } from './migrations/admin-keys.ts';
import { alerts } from './migrations/alerts.ts';
import { audit } from './migrations/audit.ts';
import { clientBatches } from './migrations/client-batches.ts';
import { declarations } from './migrations/declarations.ts';
import { earlierOwners } from './migrations/earlier-owners.ts';
import { fairOrder } from './migrations/fair-order.ts';
import { initial } from './migrations/initial.ts';
import { endpointFailures } from './migrations/endpoint-failures.ts';
import { installation } from './migrations/installation.ts';
import { ledger } from './migrations/ledger.ts';
import { owners } from './migrations/owners.ts';
import { pictures } from './migrations/pictures.ts';
import { prompts } from './migrations/prompts.ts';
import { rates } from './migrations/rates.ts';
import { sessions } from './migrations/sessions.ts';
import { storedBytes } from './migrations/stored-bytes.ts';
import { tries } from './migrations/tries.ts';
import { usage } from './migrations/usage.ts';

export const migrations: readonly string[] = [
  initial,
  owners,
  audit,
  ledger,
  rates,
  storedBytes,
  usage,
  declarations,
  fairOrder,
  alerts,
  pictures,
  earlierOwners,
  clientBatches,
  tries,
  prompts,
  installation,
  endpointFailures,
  adminKeys,
  sessions,
];
