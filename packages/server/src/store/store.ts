// Everything that a database stores for the server: all ports together.

import type { KeyStore } from '../core/keys/key-store.ts';
import type { FileStore } from '../core/pictures/file-store.ts';
import type { StatisticsStore } from '../core/tasks/statistics.ts';
import type { TaskStore } from '../core/tasks/task-store.ts';
import type { UnreadAnswerStore } from '../core/upstreams/unread-answer.ts';
import type { WebhookStore } from '../core/webhooks/webhook-store.ts';

export type Store = TaskStore & KeyStore & FileStore & WebhookStore & StatisticsStore & UnreadAnswerStore;
