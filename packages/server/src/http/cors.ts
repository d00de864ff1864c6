// Browsers call this API directly. Keys travel in a header and never in a cookie, so any origin may ask.

/** As `writeHead` takes it: name, value. */
export const corsOrigin = ['Access-Control-Allow-Origin', '*'] as const;

/** What a preflight is answered with, whatever the path. */
export const preflightHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, *',
  'Access-Control-Expose-Headers': 'Retry-After, X-Request-Id',
  'Access-Control-Max-Age': '86400',
} as const;
