// Which tasks the page shows: as the address keeps it, as the server is asked for it, and as events are held against it.

import type { TaskAction, TaskData, TaskErrorType, TaskState } from '@plantain/client';
import { failureTypes } from '../../words/failure-names.ts';

export const states = ['pending', 'running', 'succeeded', 'error'] as const satisfies readonly TaskState[];
export const actions = ['generate', 'edit'] as const satisfies readonly TaskAction[];

/** The filters that the server knows; a member that does not filter is absent. */
export interface Filter {
  state?: TaskState;
  /** Why it failed. */
  error_type?: TaskErrorType;
  model?: string;
  action?: TaskAction;
  /** Unix seconds. */
  created_after?: number;
  created_before?: number;
  metadata?: Readonly<Record<string, string>>;
  /** The start of an id, or something in the prompt or the metadata. */
  search?: string;
}

/** What the server takes, in characters. */
export const maxSought = 200;

/** Whatever is no filter in the query of the address is passed over. */
export function readFilter(query: URLSearchParams): Filter {
  const state = states.find((each) => each === query.get('state'));
  const reason = failureTypes.find((each) => each === query.get('error_type'));
  const action = actions.find((each) => each === query.get('action'));
  const model = query.get('model') ?? '';
  const after = readTime(query.get('created_after'));
  const before = readTime(query.get('created_before'));
  const metadata = readMetadata(query.get('metadata') ?? '');
  const search = (query.get('search') ?? '').trim().slice(0, maxSought);
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

/** Of `name=value`, with commas between several; `undefined` where it is none of that. A value can't have a comma. */
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

/**
 * Whether the server would list the task. What is sought is left out where it found the task itself: it saw the whole prompt, and
 * nothing of what it looks through ever changes.
 */
export function matches(filter: Filter, task: TaskData, isKnown = false): boolean {
  const { state, model, action, metadata = {} } = filter;
  const { error_type: reason, created_after: after, created_before: before } = filter;
  const createdAt = Number(task.create_time);
  return (
    (state === undefined || task.state === state) &&
    (reason === undefined || task.error?.type === reason) &&
    (model === undefined || task.model === model) &&
    (action === undefined || task.action === action) &&
    (after === undefined || createdAt >= after) &&
    (before === undefined || createdAt < before) &&
    Object.entries(metadata).every(([name, value]) => task.metadata?.[name] === value) &&
    (isKnown || filter.search === undefined || isFound(filter.search, task))
  );
}

function isFound(search: string, { task_id: id, prompt = '', metadata = {} }: TaskData): boolean {
  const sought = search.toLowerCase();
  return (
    id.startsWith(sought) ||
    prompt.toLowerCase().includes(sought) ||
    Object.entries(metadata).some(([name, value]) => `${name}=${value}`.toLowerCase().includes(sought))
  );
}

export function isTaskId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim());
}
