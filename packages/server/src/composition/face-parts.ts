// Parts that several faces have in common.

import type { AppParts } from './parts.ts';
import type { Intake } from './submits.ts';
import type { Config } from '../config/settings.ts';
import type { Rates } from '../core/limits/rates.ts';
import type { Watch } from '../core/tasks/watch.ts';
import type { Authorize } from '../http/access/authorization.ts';
import type { SessionCookie } from '../http/access/session-cookie.ts';
import type { BodyReader } from '../http/body/read-body.ts';
import type { CallerAddress } from '../http/connections/caller-address.ts';
import type { OpenWaits } from '../http/connections/open-waits.ts';
import type { Scrape } from '../http/routes/metrics.ts';
import type { Serve } from '../http/route/serve.ts';
import type { StatusReader } from '../http/status/status-reader.ts';
import type { EarlierTries } from '../http/submit/earlier-tries.ts';
import type { LoopQueue } from '../lib/turns/loop-queue.ts';

export interface FaceParts {
  config: Config;
  parts: AppParts;
  intake: Intake;
  serve: Serve;
  authorize: Authorize;
  cookie: SessionCookie;
  /** Forgets who the keys are, so that a change of one holds at once. */
  forgetKeys: () => void;
  /** Calls of the last minute. */
  rates: Rates;
  bodies: BodyReader;
  reader: StatusReader;
  waits: OpenWaits;
  tries: EarlierTries;
  watch: Watch;
  /** Tells those who watch, and sends what streams have to say. */
  followers: LoopQueue;
  callerAddress: CallerAddress;
  /** Beginning of paths that a proxy takes off, without a slash at its end. */
  publicPath: () => string;
  scrape: Scrape;
}
