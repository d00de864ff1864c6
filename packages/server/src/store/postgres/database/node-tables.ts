// The tables of the nodes, the processes that work on the database, and of what one of them does for all.

/** Part of step 1 of the schema. They have a few rows, each written again and again in place. */
export const nodeTables = `CREATE TABLE nodes (
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
    heap_used_bytes bigint NOT NULL,
    calls           json NOT NULL
  ) WITH (fillfactor = 50);

  CREATE TABLE duties (
    name       text COLLATE "C" PRIMARY KEY,
    node_id    text NOT NULL,
    held_until bigint NOT NULL
  ) WITH (fillfactor = 50);`;
