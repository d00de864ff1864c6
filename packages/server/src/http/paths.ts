// Paths of the task API that several parts of the server name.

export const tasksPath = '/api/gemini/nano-banana';

/** Path of a task's events, which a link to them signs. */
export const eventsPath = (taskId: string): string => `${tasksPath}/${taskId}/events`;
