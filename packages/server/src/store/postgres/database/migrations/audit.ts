// The audit log.

import { text } from './column-types.ts';

export const audit = `
  CREATE TABLE audit (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         bigint NOT NULL,
    act        ${text} NOT NULL,
    who        ${text} NOT NULL,
    who_name   ${text},
    subject    ${text},
    before     ${text},
    after      ${text},
    address    ${text},
    request_id ${text}
  );
  -- listAudit, by what it is asked for.
  CREATE INDEX audit_at ON audit (at, number);
  CREATE INDEX audit_act ON audit (act, at, number);
  CREATE INDEX audit_who ON audit (who, at, number);
  CREATE INDEX audit_subject ON audit (subject, at, number) WHERE subject IS NOT NULL;
`;
