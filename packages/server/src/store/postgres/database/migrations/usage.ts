// Usage by day, key, owner, model and upstream, of the tasks that there are.

import { text } from './column-types.ts';

export const usage = `
  -- In parts, as task_counts are.
  CREATE TABLE usage_days (
    day                bigint NOT NULL,
    key_id             ${text} NOT NULL,
    owner_id           ${text} NOT NULL,
    model              ${text} NOT NULL,
    upstream           ${text} NOT NULL,
    part               integer NOT NULL,
    submitted          bigint NOT NULL,
    succeeded          bigint NOT NULL,
    failed             bigint NOT NULL,
    cancelled          bigint NOT NULL,
    pictures           bigint NOT NULL,
    cost_micro_usd     bigint NOT NULL,
    charged_micro_usd  bigint NOT NULL,
    reserved_micro_usd bigint NOT NULL,
    PRIMARY KEY (day, key_id, owner_id, model, upstream, part)
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
  -- Usage of one key.
  CREATE INDEX usage_days_of_key ON usage_days (key_id, day);
  -- Parts to be joined.
  CREATE INDEX usage_days_in_parts ON usage_days (part) WHERE part >= 0;
  -- A name of a member, or what follows it, can't stand in a text of JSON without a backslash.
  INSERT INTO usage_days
  SELECT created_at - created_at % 86400000 AS of_day, key_id, coalesce(owner_id, key_id) AS of_owner, model,
    CASE WHEN finished_at IS NULL THEN '' ELSE
      coalesce((SELECT upstream FROM attempts WHERE task_id = tasks.id ORDER BY number DESC LIMIT 1), '') END AS last_upstream,
    -1, count(*), count(*) FILTER (WHERE state = 'succeeded'),
    count(*) FILTER (WHERE state = 'error' AND failure NOT LIKE '%"type":"cancelled"%'),
    count(*) FILTER (WHERE state = 'error' AND failure LIKE '%"type":"cancelled"%'),
    coalesce(sum((length(result) - length(replace(result, '"fileName":', ''))) / length('"fileName":')) FILTER (WHERE state = 'succeeded'), 0),
    coalesce(sum((SELECT sum(cost_micro_usd) FROM attempts WHERE task_id = tasks.id)) FILTER (WHERE finished_at IS NOT NULL), 0),
    coalesce(sum(charged_micro_usd), 0), coalesce(sum(reserved_micro_usd), 0)
  FROM tasks GROUP BY of_day, key_id, of_owner, model, last_upstream;
`;
