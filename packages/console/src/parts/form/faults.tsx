// Faults that the server found in a form's last submit, each shown at the field that filled the member.

import { ApiError, type Fault as MemberFault } from '@plantain/client';
import { createContext, useContext } from 'react';

const none: readonly MemberFault[] = [];

/** Faults of the last submit; the form gives them to its fields. */
export const FaultsContext = createContext(none);

export function faultsOf(error: unknown): readonly MemberFault[] {
  return error instanceof ApiError ? error.details : none;
}

/** Sentences on the member and on everything in it; empty where there are none. */
export function faultsAt(faults: readonly MemberFault[], member: string | undefined): string {
  if (member === undefined) return '';
  const isWithin = (path: string) => path === member || /^[.[]/.test(path.slice(member.length));
  return faults
    .filter(({ path }) => path.startsWith(member) && isWithin(path))
    .map(({ path, message }) => (path === member ? message : `${path} ${message}`))
    .join('; ');
}

export function useFaults(member: string | undefined): string {
  return faultsAt(useContext(FaultsContext), member);
}

/** The server's words, which are English. */
export function Fault({ text, id }: { text: string; id?: string }) {
  return (
    text !== '' && (
      <span className="field-fault" lang="en" {...(id === undefined ? {} : { id })}>
        {text}
      </span>
    )
  );
}
