// Alerts that were told, and what their messages say.

export const alerts = `
  CREATE TABLE alerts (
    subject_id TEXT NOT NULL,
    event      TEXT NOT NULL,
    occasion   TEXT NOT NULL,
    at         INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    PRIMARY KEY (subject_id, event, occasion)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alerts_ended ON alerts (ends_at);
  CREATE INDEX balances_by_end ON balances (ends_at);
  ALTER TABLE webhook_deliveries ADD COLUMN data TEXT;
`;
