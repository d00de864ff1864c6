// The audit log.

export const audit = `
  CREATE TABLE audit (
    number     INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    act        TEXT NOT NULL,
    who        TEXT NOT NULL,
    who_name   TEXT,
    subject    TEXT,
    before     TEXT,
    after      TEXT,
    address    TEXT,
    request_id TEXT
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_act ON audit (act, at);
  CREATE INDEX audit_who ON audit (who, at);
  CREATE INDEX audit_subject ON audit (subject, at) WHERE subject IS NOT NULL;
`;
