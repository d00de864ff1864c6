// Choices that an installation keeps where the settings are silent: one that is made anew begins with what is best, and one that was there
// goes on as it did.

export const installation = `
  CREATE TABLE installation (
    input_lifetime TEXT NOT NULL CHECK (input_lifetime IN ('needed', 'result'))
  ) STRICT;
  INSERT INTO installation
  SELECT CASE WHEN EXISTS (SELECT 1 FROM api_keys) OR EXISTS (SELECT 1 FROM tasks) THEN 'needed' ELSE 'result' END;
`;
