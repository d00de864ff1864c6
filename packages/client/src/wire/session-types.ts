// The wire types of sessions of people in browsers: `/api/session` and `/api/sessions`.

import type { UnixSeconds } from './envelope-types.ts';

/** The body of `POST /api/session`: a key, or the secret of a sign-in link. */
export interface SignInBody {
  key?: string;
  link?: string;
  /** Whether the browser keeps the session when it is closed. */
  keep?: boolean;
}

/** A session of the key that asks. */
export interface SessionData {
  session_id: string;
  /** Way by which it was begun. */
  signed_in_by: 'key' | 'link';
  /** `User-Agent` of the browser, shortened. */
  user_agent: string;
  create_time: UnixSeconds;
  /** Late by up to a minute. */
  last_used_at: UnixSeconds;
  /** When it ends unless it is used before. */
  expires_at: UnixSeconds;
  /** Whether the call itself is made by it. */
  current: boolean;
}

export interface SessionsData {
  /** Latest first. */
  sessions: SessionData[];
}

/** The answer to signing out everywhere. */
export interface SessionsDeletedData {
  /** Number of sessions that were ended. */
  deleted: number;
}
