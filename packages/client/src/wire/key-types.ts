// The wire types of API keys and owners: `GET /api/me`, and the calls of admins at `/api/admin/keys` and `/api/admin/owners`.

import type { UnixSeconds } from './envelope-types.ts';
import type { OperatorSees } from './operator-types.ts';

export type KeyRole = 'admin' | 'user';

/**
 * Right of a key. `tasks`: submit, cancel, delete and retry; `files`: upload and delete; `webhooks`: endpoints and secrets; `read`: ask and
 * list; `metrics`: read `/metrics`; `admin`: everything.
 */
export type Scope = 'tasks' | 'files' | 'webhooks' | 'read' | 'metrics' | 'admin';

/** Limits of an owner or a key. One that is not there does not limit. */
export interface LimitsData {
  submits_per_minute?: number;
  /** Calls in a minute that are no submits. */
  queries_per_minute?: number;
  /** Tasks that run at once. */
  running?: number;
  /** Tasks that wait at once. */
  waiting?: number;
  pictures_per_day?: number;
  stored_bytes?: number;
  /** Sum reserved at once for tasks that have not ended. */
  reserved_micro_usd?: number;
}

/** Limits in a body: `null` takes one away. */
export type LimitsChange = { [Name in keyof LimitsData]?: number | null };

/** A budget in a body. */
export interface BudgetBody {
  period: 'day' | 'month' | 'total';
  amount_micro_usd: number;
  /** IANA name of the zone in which a day or a month begins; `UTC` where it is left out. */
  time_zone?: string;
}

/** A budget, with what is left of it where the server counts that. */
export interface BudgetData extends Required<BudgetBody> {
  /** Charged in the period that runs. */
  spent_micro_usd?: number;
  /** Held for tasks that have not ended. */
  reserved_micro_usd?: number;
  /** The amount without what is spent and reserved; it may be below 0. */
  left_micro_usd?: number;
  /** When the next period begins; `null` for a budget that is never renewed. */
  resets_at?: UnixSeconds | null;
}

/** An owner: a customer or a team, which has any number of keys. */
export interface OwnerData {
  owner_id: string;
  name: string;
  /** Share of the server's work beside other owners. */
  weight: number;
  /** Whether each of its keys may see and change the tasks of the others. */
  shared: boolean;
  create_time: UnixSeconds;
  /** Number of its keys that are not revoked. */
  key_count: number;
  /** Late by up to a minute; `null` where none of its keys was used. */
  last_used_at: UnixSeconds | null;
  /** Set for the owner itself. */
  limits: LimitsData;
  /** Set for the owner itself; `null` where none is. */
  budget: BudgetData | null;
  in_force: Standing;
}

/** A page of owners. */
export interface OwnersData {
  /** Oldest first. */
  owners: OwnerData[];
  next_cursor: string | null;
}

/** The body of `PATCH /api/admin/owners/{owner_id}`, answered with `OwnerData`. What is left out stays as it is. */
export interface OwnerChangeBody {
  /** 1 to 100 characters. */
  name?: string;
  weight?: number;
  shared?: boolean;
  limits?: LimitsChange | null;
  budget?: BudgetBody | null;
}

/** The body of `POST /api/admin/owners`, answered with `OwnerData`. */
export interface NewOwnerBody extends OwnerChangeBody {
  name: string;
}

/** The key that asked. A server that runs without keys answers with the key id `open`. */
export interface MeData extends NamedKey, Standing {
  scopes: Scope[];
  /** Models that the key may use; `null` for all. */
  models: string[] | null;
  /** Highest priority that its submits may ask for. */
  priority_max: number;
  /** How much the operator of this server sees of your tasks. */
  operator_sees: OperatorSees;
  /** `null` for a key that is its own owner. */
  owner: (Standing & { owner_id: string; name: string }) | null;
}

/** Limits in force for a key or an owner, those that the settings have for all among them, and how much of them is used. */
export interface Standing {
  limits: LimitsData;
  /**
   * How much is used of limits, but for stored bytes. Calls in a minute are those that the answering server has counted or heard of; outside of
   * a server, as `plantain-server keys` is, they are left out.
   */
  used: Omit<LimitsData, 'stored_bytes'>;
  budget: BudgetData | null;
}

/** Name of a key, and what is known by it. */
export interface NamedKey {
  key_id: string;
  name: string;
  role: KeyRole;
  /** The first characters of the secret; empty where a person chose it. */
  hint: string;
  expires_at: UnixSeconds | null;
}

/** An API key as an admin sees it: never the secret. */
export interface KeyData extends NamedKey {
  /** `null` for a key that is its own owner. */
  owner_id: string | null;
  scopes: Scope[];
  /** Models that it may use; `null` for all. */
  models: string[] | null;
  /** Networks that it may be used from; `null` for all. */
  networks: string[] | null;
  /** Highest priority that its submits may ask for. */
  priority_max: number;
  /** Id in the settings that declare the key; `null` where none do. */
  declared_as: string | null;
  create_time: UnixSeconds;
  /** Late by up to a minute; `null` where it was never used. */
  last_used_at: UnixSeconds | null;
  /** Until when the secret before a roll is taken; `null` where there is none. */
  previous_secret_expires_at: UnixSeconds | null;
  revoked_at: UnixSeconds | null;
  /** Set for the key itself. */
  limits: LimitsData;
  /** Set for the key itself; `null` where none is. */
  budget: BudgetData | null;
  /** Of the key alone: its owner may have others. */
  in_force: Standing;
}

/** The keys of the server. */
export interface KeysData {
  /** Oldest first. */
  keys: KeyData[];
}

/** The body of `POST /api/admin/keys`. At most one of the two ends is given; without any, the key lasts until it is revoked. */
export interface NewKeyBody extends KeyChangeBody {
  name: string;
  /** An older word for the scopes: `user` where both are left out. */
  role?: KeyRole;
  expires_in_seconds?: number | null;
}

/** A key that was just made. */
export interface NewKeyData extends KeyData {
  /** The key itself, shown this once. */
  secret: string;
}

/** The body of `PATCH /api/admin/keys/{id}`, answered with `KeyData`. What is left out stays as it is. */
export interface KeyChangeBody {
  /** 1 to 100 characters. */
  name?: string;
  /** `null` for a key that is its own owner. */
  owner_id?: string | null;
  scopes?: Scope[];
  /** Models that it may use; `null` for all. */
  models?: string[] | null;
  /** Networks that it may be used from, such as `10.0.0.0/8`; `null` for all. */
  networks?: string[] | null;
  priority_max?: number;
  limits?: LimitsChange | null;
  budget?: BudgetBody | null;
  /** Unix seconds; `null` for never. */
  expires_at?: number | string | null;
}
