// Words for people on a task.

import type { TaskData } from '../index.ts';
import { plain } from './terminal.ts';

/** `running 45 %`, `pending, place 3`, `succeeded`. */
export function stateText({ state, progress, queue_position: position }: TaskData): string {
  if (state === 'running') return `running ${Math.round((progress ?? 0) * 100)} %`;
  if (state === 'pending' && position !== undefined) return `pending, place ${position} in the queue`;
  return state === 'error' ? 'failed' : state;
}

/** State and reason to wait, for the status line. */
export function waitingText(task: TaskData): string {
  return task.waiting === undefined ? stateText(task) : `${stateText(task)}: ${plain(task.waiting.message)}`;
}

/** Sentences on the end of a task; `null` before it has ended. */
export function endText(task: TaskData): string | null {
  const took = Number(task.update_time) - Number(task.create_time);
  const cost = task.cost?.charged_micro_usd ?? task.cost_micro_usd;
  const paid = cost === undefined || cost === 0 ? '' : `, ${dollarText(cost)}`;
  if (task.state === 'succeeded') return `Succeeded after ${durationText(took)}${paid}.`;
  if (task.state !== 'error') return null;
  const { type = 'internal', retryable = false } = task.error ?? {};
  const again = retryable ? ` It can be tried again: plantain retry ${plain(task.task_id)}` : '';
  return `Failed after ${durationText(took)}${paid} (${type}): ${plain(task.msg)}${again}`;
}

/** A sum of micro-dollars in dollars, with at least two decimals and as many as it has. */
export function dollarText(microUsd: number): string {
  const [whole = '', part = ''] = (Math.abs(microUsd) / 1e6).toFixed(6).split('.');
  return `${microUsd < 0 ? '-' : ''}$${whole}.${part.replace(/0{1,4}$/, '')}`;
}

/** `7 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Unix time in seconds as local date and time. */
export function timeText(seconds: string): string {
  const at = new Date(Number(seconds) * 1000);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Lines of a table: every column but the last is as wide as its widest cell. */
export function tableText(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(width(column)) : cell)).join('  '),
  );
}
