// Tables of the calls that count against limits which processes share, for the first step of the migrations.

export const callTables = `
  -- Calls that are set aside for tasks whose inputs are being loaded: they count as open.
  CREATE TABLE calls_set_aside (
    call_number    bigint PRIMARY KEY DEFAULT nextval('call_numbers'),
    task_id        text COLLATE "C" NOT NULL,
    upstream       text COLLATE "C" NOT NULL,
    upstream_model text COLLATE "C" NOT NULL,
    credential     text COLLATE "C" NOT NULL,
    set_aside_at   bigint NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
  -- They go when the attempt is opened, or the task is no longer running.
  CREATE INDEX calls_set_aside_of_task ON calls_set_aside (task_id);

  -- Calls of the upstreams that have a quota for each day, since it began anew. A row without a credential says that they are counted.
  CREATE TABLE calls_of_day (
    upstream   text COLLATE "C" NOT NULL,
    credential text COLLATE "C" NOT NULL,
    since      bigint NOT NULL,
    count      bigint NOT NULL,
    PRIMARY KEY (upstream, credential)
  ) WITH (fillfactor = 20);
`;
