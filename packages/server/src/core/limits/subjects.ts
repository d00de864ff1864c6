// Limits that hold for a task or a call: those of its key and of its owner, each with the defaults of the settings where it has none of
// its own.

import type { Budget, Limited, Limits, SubjectKind } from './limits.ts';

/** Owner or key and its limits. */
export interface LimitedSubject {
  kind: SubjectKind;
  id: string;
  limits: Limits;
}

export interface Subject extends LimitedSubject {
  budget: Budget | null;
}

/** Limits and budget of a subject as they are stored, and `undefined` where none are. */
export type StoredLimits = (subjectId: string) => Limited | null | undefined;

export interface SubjectLimits {
  /**
   * Gives the subjects that limit a task of this key and owner, first the key: none where nothing does, and one where the key is its own
   * owner.
   */
  of(ids: { keyId: string; ownerId: string }, stored: StoredLimits): Subject[];
}

/** Defaults for each kind of subject. A key that is its own owner has those of owners where there are none of keys. */
export type DefaultLimits = Readonly<Record<SubjectKind, Limited>>;

export const nothingLimited: Limited = { limits: {}, budget: null };

export const noDefaults: DefaultLimits = { key: nothingLimited, owner: nothingLimited };

export function createSubjectLimits({ key, owner }: DefaultLimits): SubjectLimits {
  const keyAlone = withDefaults(key, owner);
  const subject = (kind: SubjectKind, id: string, stored: StoredLimits, defaults: Limited): Subject[] => {
    const limited = withDefaults(stored(id) ?? nothingLimited, defaults);
    return isLimiting(limited) ? [{ kind, id, ...limited }] : [];
  };
  return {
    of({ keyId, ownerId }, stored) {
      if (keyId === ownerId) return subject('key', keyId, stored, keyAlone);
      return [...subject('key', keyId, stored, key), ...subject('owner', ownerId, stored, owner)];
    },
  };
}

/** Whether submits are judged by it when they are stored, and not only calls when they come. */
export function judgesSubmits({ limits, budget }: Limited): boolean {
  const { waiting, picturesPerDay, reservedMicroUsd } = limits;
  return budget !== null || [waiting, picturesPerDay, reservedMicroUsd].some((limit) => limit !== undefined);
}

export function withDefaults({ limits, budget }: Limited, defaults: Limited): Limited {
  return { limits: { ...defaults.limits, ...limits }, budget: budget ?? defaults.budget };
}

export function isLimiting({ limits, budget }: Limited): boolean {
  return budget !== null || Object.values(limits).some((limit) => limit !== undefined);
}
