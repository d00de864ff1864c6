// Time of the latest failure of an endpoint, by which failures far apart are told from ones in a row.

export const endpointFailures = 'ALTER TABLE webhook_endpoints ADD COLUMN failed_at bigint;';
