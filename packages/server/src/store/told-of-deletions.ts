// Endpoints that are told of deleted tasks, alike on both stores.

/**
 * Condition on an endpoint `e` with its key `k`, which is not there where nobody shows keys: it is on, and its key was not revoked. Keys of tasks
 * may have expired, which is an end by plan.
 */
export const mayHearOfDeletions = 'e.disabled_at IS NULL AND k.revoked_at IS NULL';

/** Condition on a key `k` that hears of the tasks of all. `at` is the SQL of the time. */
export const hearsOfAll = (at: string) =>
  `coalesce(k.role = 'admin' AND (k.expires_at IS NULL OR k.expires_at > ${at}), false)`;

/** Ids of admin keys, by an index of their own: keys may be many, and a deletion looks at no other's endpoints. */
export const adminKeyIds = `SELECT id FROM api_keys WHERE role = 'admin'`;
