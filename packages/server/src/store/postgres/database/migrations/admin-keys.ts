// Admin keys found by their role, whose endpoints hear of every deletion.

export const adminKeys = `CREATE INDEX api_keys_admins ON api_keys (id) WHERE role = 'admin';`;
