// Makes the queue anew of the tasks that wait, for a database whose tasks came from elsewhere.

/** A task that is to be cancelled does not wait to be taken. One whose attempt goes on waits to be resumed. */
export const fillQueue = `INSERT INTO waiting (model, inputs, due_at, task_id, deadline_at, resumes)
  SELECT model, inputs, due_at, id, deadline_at,
    EXISTS (SELECT FROM attempts WHERE task_id = tasks.id AND outcome IS NULL AND operation IS NOT NULL)
  FROM tasks WHERE state = 'pending' AND cancel_requested_at IS NULL`;
