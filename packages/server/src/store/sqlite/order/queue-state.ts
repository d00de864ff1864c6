// How a pending task stands in the queue, as SQL that the schema's steps and the writes share.
//
//   ready    in the order of its lane: it can be taken
//   delayed  waits for its own retry
//   held     as many tasks of its key run as may; it was met at the head of its lane
//   apart    has an operation to resume, or is to be cancelled, and so is never in a lane

const isResumed =
  'EXISTS (SELECT 1 FROM attempts WHERE task_id = tasks.id AND outcome IS NULL AND operation IS NOT NULL)';

/** State of a pending task at the time `now`, an expression; `resumes` is one too, where the attempts are about to change. */
function queuedAt(now: string, { dueAt = 'due_at', resumes = isResumed } = {}): string {
  return `CASE WHEN cancel_requested_at IS NOT NULL OR ${resumes} THEN 'apart' WHEN ${dueAt} > ${now} THEN 'delayed' ELSE 'ready' END`;
}

/** State of a running task that goes back to the queue. Its open attempt is about to be closed where `:closes` is 1. */
export const queuedWhenPutBack = queuedAt(':at', {
  dueAt: ':dueAt',
  resumes: `(:closes = 0 AND ${isResumed})`,
});

/** Condition of a task that counts against running limits: it runs, or its call goes on at the upstream until somebody resumes it. */
export const countsAsRunning = `(state = 'running' OR queued = 'apart')`;

/** Statements that make the queue of the pending tasks anew. */
export const fillQueue = `
  UPDATE tasks SET queued = ${queuedAt(`CAST(unixepoch('subsec') * 1000 AS INTEGER)`)} WHERE state = 'pending';
  INSERT INTO lanes (model, inputs, owner_id, turn, is_blocked)
    SELECT DISTINCT model, inputs, owner_id, (SELECT turn FROM virtual_time), 0 FROM tasks INDEXED BY tasks_ready WHERE queued = 'ready';
`;
