// Shape of a setting in the tables.

import type * as z from 'zod';

/** Entry of a setting: how it is read, and what it is for. */
export interface Setting {
  schema: z.ZodType;
  /** Left out where the setting has no value unless one is given. */
  default?: unknown;
  /** The variable in the environment, where it is not PLANTAIN_ and the name. */
  variable?: string;
  /** Another spelling of the variable, which goes first where both are set. */
  otherVariable?: string;
  secret?: true;
  /** The part of the value that may be shown, where another is secret. */
  shown?: (value: never) => unknown;
  about: string;
}
