// A key as a form holds it, and the bodies that make and change one.

import type { KeyChangeBody, KeyData, NewKeyBody, Scope } from '@plantain/client';
import { fromField, toField } from '../../parts/form/time-field.ts';
import { limitedChange, type LimitedFields, toLimitedFields } from '../../parts/limited/fields.ts';

/** From what most programs need to everything. */
export const scopes = [
  'tasks',
  'read',
  'files',
  'webhooks',
  'metrics',
  'admin',
] as const satisfies readonly Scope[];

const usualScopes: readonly Scope[] = ['tasks', 'read', 'files', 'webhooks'];

export interface KeyFields {
  name: string;
  /** Empty for a key that is its own owner. */
  owner: string;
  scopes: readonly Scope[];
  /** Empty for all. */
  models: readonly string[];
  /** With commas or blanks between; empty for all. */
  networks: string;
  priorityMax: string;
  /** As a field of the browser holds a time; empty for never. */
  expires: string;
  limited: LimitedFields;
}

/** Fields of a key, or of a new one. */
export function toKeyFields(key?: KeyData): KeyFields {
  return {
    name: key?.name ?? '',
    owner: key?.owner_id ?? '',
    scopes: inOrder(key?.scopes ?? usualScopes),
    models: key?.models ?? [],
    networks: key?.networks?.join(', ') ?? '',
    priorityMax: String(key?.priority_max ?? 0),
    expires: toField(key?.expires_at ?? null),
    limited: toLimitedFields(key ?? { limits: {}, budget: null }),
  };
}

/** Body with what differs from the fields before. */
export function keyChange(fields: KeyFields, before: KeyFields): KeyChangeBody {
  const name = fields.name.trim();
  const { owner, models, networks, priorityMax, expires } = fields;
  return {
    ...(name !== before.name && { name }),
    ...(owner !== before.owner && { owner_id: owner === '' ? null : owner }),
    ...(!isSame(fields.scopes, before.scopes) && { scopes: [...fields.scopes] }),
    ...(!isSame(models, before.models) && { models: orAll(models) }),
    ...(networks !== before.networks && { networks: orAll(networks.split(/[\s,，]+/).filter(Boolean)) }),
    ...(priorityMax !== before.priorityMax && { priority_max: Number(priorityMax) }),
    ...(expires !== before.expires && { expires_at: fromField(expires) }),
    ...limitedChange(fields.limited, before.limited),
  };
}

export function newKey(fields: KeyFields): NewKeyBody {
  return { ...keyChange(fields, toKeyFields()), name: fields.name.trim() };
}

function inOrder(given: readonly Scope[]): Scope[] {
  return scopes.filter((scope) => given.includes(scope));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}

function orAll(list: readonly string[]): string[] | null {
  return list.length === 0 ? null : [...list];
}
