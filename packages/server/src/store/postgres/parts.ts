// Parts of rows to which many connections add: those that write at once seldom have the same one, and never wait for one another where they
// don't.

const partsAtOnce = 32;
/**
 * After so many transactions of the database there are other parts. While somebody on it holds a snapshot, no earlier version of a row is
 * cleared away, and each update goes through them all.
 */
const transactionsOfPart = 2_048;

const turn = `pg_current_xact_id()::text::bigint / ${transactionsOfPart} % 1000000`;

/** Number of the connection's part at this time, in SQL. */
export const part = `(pg_backend_pid() % ${partsAtOnce} + ${partsAtOnce} * (${turn}))::integer`;

/** Whether nothing is added to a row any more, but by a transaction that began long ago; in SQL, of its column `part`. */
export const isOldPart = `part >= 0 AND part / ${partsAtOnce} <> ${turn}`;

/** Part of what was joined. */
export const joinedPart = -1;
