// The table of the nodes: the processes that work on the database.

/** Part of step 1 of the schema. It has a few rows, each written again and again in place. */
export const nodeTable = `CREATE TABLE nodes (
    id              text COLLATE "C" PRIMARY KEY,
    role            text NOT NULL CHECK (role IN ('all', 'api', 'worker')),
    host            text NOT NULL,
    pid             integer NOT NULL,
    version         text NOT NULL,
    node_version    text NOT NULL,
    started_at      bigint NOT NULL,
    heartbeat_at    bigint NOT NULL,
    running         integer NOT NULL,
    concurrency     integer NOT NULL,
    memory_bytes    bigint NOT NULL,
    heap_used_bytes bigint NOT NULL
  ) WITH (fillfactor = 50);`;
