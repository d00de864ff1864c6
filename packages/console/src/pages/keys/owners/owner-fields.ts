// An owner as a form holds it, and the bodies that make and change one.

import type { NewOwnerBody, OwnerChangeBody, OwnerData } from '@plantain/client';
import { limitedChange, type LimitedFields, toLimitedFields } from '../../../parts/limited/fields.ts';

export interface OwnerFields {
  name: string;
  weight: string;
  shared: boolean;
  limited: LimitedFields;
}

/** Fields of an owner, or of a new one. */
export function toOwnerFields(owner?: OwnerData): OwnerFields {
  return {
    name: owner?.name ?? '',
    weight: String(owner?.weight ?? 1),
    shared: owner?.shared ?? false,
    limited: toLimitedFields(owner ?? { limits: {}, budget: null }),
  };
}

/** Body with what differs from the fields before. */
export function ownerChange(fields: OwnerFields, before: OwnerFields): OwnerChangeBody {
  const name = fields.name.trim();
  return {
    ...(name !== before.name && { name }),
    ...(fields.weight !== before.weight && { weight: Number(fields.weight) }),
    ...(fields.shared !== before.shared && { shared: fields.shared }),
    ...limitedChange(fields.limited, before.limited),
  };
}

export function newOwner(fields: OwnerFields): NewOwnerBody {
  return { ...ownerChange(fields, toOwnerFields()), name: fields.name.trim() };
}
