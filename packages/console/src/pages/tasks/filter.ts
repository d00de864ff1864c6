// The filters of the page in the query of its address, and as a person types them.

import type { TaskAction, TaskState } from '@plantain/client';
import type { Filter } from '../../live/filter.ts';
import { failureTypes } from '../../words/failure-names.ts';

export const states = ['pending', 'running', 'succeeded', 'error'] as const satisfies readonly TaskState[];
export const actions = ['generate', 'edit'] as const satisfies readonly TaskAction[];

/** Longest search that the server takes, in characters. */
export const maxSearchCharacters = 200;

/** Reads the filters of an address; members of the query that are none are ignored. */
export function readFilter(query: URLSearchParams): Filter {
  const state = states.find((each) => each === query.get('state'));
  const reason = failureTypes.find((each) => each === query.get('error_type'));
  const action = actions.find((each) => each === query.get('action'));
  const model = query.get('model') ?? '';
  const after = readTime(query.get('created_after'));
  const before = readTime(query.get('created_before'));
  const metadata = readMetadata(query.get('metadata') ?? '');
  const search = (query.get('search') ?? '').trim().slice(0, maxSearchCharacters);
  return {
    ...(state === undefined ? {} : { state }),
    ...(reason === undefined ? {} : { error_type: reason }),
    ...(model === '' ? {} : { model }),
    ...(action === undefined ? {} : { action }),
    ...(after === undefined ? {} : { created_after: after }),
    ...(before === undefined ? {} : { created_before: before }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(search === '' ? {} : { search }),
  };
}

function readTime(text: string | null): number | undefined {
  return text !== null && /^\d{1,11}$/.test(text) ? Number(text) : undefined;
}

/** Reads `name=value`, with commas between several; `undefined` for any other text. A value can't have a comma. */
export function readMetadata(text: string): Record<string, string> | undefined {
  const members = text.split(',').map((each) => /^\s*([\w.-]{1,64})\s*=(.*)$/.exec(each));
  if (members.includes(null)) return undefined;
  return Object.fromEntries(members.map((found) => [found?.[1] ?? '', found?.[2]?.trim() ?? '']));
}

export function writeMetadata(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

export function isTaskId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim());
}
