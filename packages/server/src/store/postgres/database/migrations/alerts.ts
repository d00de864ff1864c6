// Alerts that were told, and what their messages say.

import { text } from './column-types.ts';

export const alerts = `
  CREATE TABLE alerts (
    subject_id ${text} NOT NULL,
    event      ${text} NOT NULL,
    occasion   ${text} NOT NULL,
    at         bigint NOT NULL,
    ends_at    bigint NOT NULL,
    PRIMARY KEY (subject_id, event, occasion)
  );
  -- Those that can't come again.
  CREATE INDEX alerts_ended ON alerts (ends_at);
  -- listUsedBalances.
  CREATE INDEX balances_by_end ON balances (ends_at);
  ALTER TABLE webhook_deliveries ADD COLUMN data ${text};
`;
