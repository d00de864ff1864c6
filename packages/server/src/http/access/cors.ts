// Browsers call this API directly. Keys travel in a header, and no answer allows a page of another origin to send credentials, such as the cookie
// of a session, so any origin may ask; where there are no keys, own-hosts.ts has refused all others before.

/** As `writeHead` takes it: name, value. */
export const corsOrigin = ['Access-Control-Allow-Origin', '*'] as const;

/** Headers that a page's script may read of an answer; on a preflight a browser would ignore it. */
export const corsExposed = [
  'Access-Control-Expose-Headers',
  'Retry-After, ETag, X-Plantain-Cost-Micro-Usd, X-Plantain-Task-Id, X-Plantain-Warnings, X-Plantain-C2PA-Manifest, X-Fal-Request-Id, X-Fal-Billable-Units, RateLimit, RateLimit-Policy, Preference-Applied, Idempotent-Replayed, X-Request-Id, X-Should-Retry, Retry-After-Ms, Allow, Content-Range, Content-Disposition, Content-Length, X-Goog-Upload-URL, X-Goog-Upload-Status',
] as const;

/** Headers of the answer to a preflight, whatever the path. */
export const preflightHeaders = {
  [corsOrigin[0]]: corsOrigin[1],
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, *',
  'Access-Control-Max-Age': '86400',
} as const;
