// Usage by day, key, owner, model and upstream, of the tasks that there are.

export const usage = `
  CREATE TABLE usage_days (
    day                INTEGER NOT NULL,
    key_id             TEXT NOT NULL,
    owner_id           TEXT NOT NULL,
    model              TEXT NOT NULL,
    upstream           TEXT NOT NULL,
    submitted          INTEGER NOT NULL,
    succeeded          INTEGER NOT NULL,
    failed             INTEGER NOT NULL,
    cancelled          INTEGER NOT NULL,
    pictures           INTEGER NOT NULL,
    cost_micro_usd     INTEGER NOT NULL,
    charged_micro_usd  INTEGER NOT NULL,
    reserved_micro_usd INTEGER NOT NULL,
    PRIMARY KEY (day, key_id, owner_id, model, upstream)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO usage_days
  SELECT created_at - created_at % 86400000 AS day, key_id, coalesce(owner_id, key_id) AS of_owner, model,
    iif(finished_at IS NULL, '',
      coalesce((SELECT upstream FROM attempts WHERE task_id = tasks.id ORDER BY number DESC LIMIT 1), '')) AS last_upstream,
    count(*), sum(state = 'succeeded'),
    sum(state = 'error' AND failure ->> '$.type' IS NOT 'cancelled'), sum(state = 'error' AND failure ->> '$.type' IS 'cancelled'),
    sum(iif(state = 'succeeded', json_array_length(result, '$.pictures'), 0)),
    sum(iif(finished_at IS NULL, 0, (SELECT coalesce(sum(cost_micro_usd), 0) FROM attempts WHERE task_id = tasks.id))),
    sum(coalesce(charged_micro_usd, 0)), sum(coalesce(reserved_micro_usd, 0))
  FROM tasks GROUP BY day, key_id, of_owner, model, last_upstream;
`;
