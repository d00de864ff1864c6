// What is sent to the calls for the operator, body or query string. Unlike in a submit, an unknown member is a fault: no old client
// sends one.

import type * as z from 'zod';
import type { Fault } from '../../core/errors.ts';
import { shorten } from '../submit/submit-names.ts';
import { invalid } from '../submit/submission.ts';

/** Throws `RequestError` (`invalid_request`) with every fault, those that were found before among them. */
export function readMembers<T>(
  members: z.ZodType<T>,
  given: Readonly<Record<string, unknown>>,
  faults: Fault[] = [],
): T {
  const parsed = members.safeParse(given);
  for (const issue of parsed.error?.issues ?? [])
    if (issue.code === 'unrecognized_keys')
      for (const name of issue.keys) faults.push({ path: shorten(name), message: 'is not known here' });
    else faults.push({ path: String(issue.path[0]), message: issue.message });
  if (faults.length > 0 || !parsed.success) throw invalid(faults);
  return parsed.data;
}
