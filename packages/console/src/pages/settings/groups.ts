// Groups of settings on the page. The server has one long table, and a newer one may have settings that are not known
// here: they stand in the last group. scripts/settings-words.test.ts holds that every setting of this version has a group.

import type { SettingData } from '@plantain/client';

/** The names of the settings of each group; the page shows the groups in this order, and in each the settings in the server's. */
export const groups = {
  server: [
    'host',
    'port',
    'public_url',
    'trusted_proxies',
    'auth',
    'admin_key',
    'query_keys',
    'data_dir',
    'shutdown_grace_seconds',
    'log_level',
  ],
  tasks: [
    'default_model',
    'concurrency',
    'max_pending',
    'deadline_seconds',
    'max_deadline_seconds',
    'max_tries',
    'retry_base_ms',
    'retry_max_ms',
    'unknown_retries',
    'unread_answer_retries',
    'unread_answer_bytes',
    'unread_answer_text',
    'operation_patience_seconds',
    'lease_ms',
    'idempotency_lifetime_seconds',
    'task_lifetime_seconds',
  ],
  requests: ['prompt_max_characters', 'max_body_bytes', 'max_waiting_per_key'],
  inputs: [
    'max_picture_bytes',
    'max_picture_pixels',
    'heic',
    'fetch_inputs',
    'fetch_timeout_seconds',
    'fetch_concurrency',
    'fetch_concurrency_per_address',
  ],
  links: ['allowed_private_hosts', 'link_ports'],
  results: [
    'picture_lifetime_seconds',
    'max_picture_lifetime_seconds',
    'file_lifetime_seconds',
    'picture_metadata',
  ],
  storage: [
    'picture_store',
    's3_bucket',
    's3_region',
    's3_endpoint',
    's3_path_style',
    's3_prefix',
    's3_access_key_id',
    's3_secret_access_key',
    's3_links',
    'min_free_disk_bytes',
  ],
  upstreams: [
    'gemini_api_key',
    'gemini_base_url',
    'openai_api_key',
    'openai_base_url',
    'nano_banana_api_key',
    'nano_banana_base_url',
    'fal_key',
    'replicate_api_token',
    'upstreams',
    'routes',
    'prices',
    'sandbox_duration_ms',
  ],
  webhooks: [
    'webhook_timeout_seconds',
    'webhook_retry_seconds',
    'webhook_disable_after_seconds',
    'delivery_lifetime_seconds',
  ],
} as const satisfies Record<string, readonly string[]>;

export type GroupName = keyof typeof groups | 'other';

export interface SettingGroup {
  name: GroupName;
  settings: readonly SettingData[];
}

const groupOf: ReadonlyMap<string, GroupName> = new Map(
  Object.entries(groups).flatMap(([group, names]) =>
    names.map((name) => [name, group as GroupName] as const),
  ),
);

/** The groups that have any of the settings. */
export function groupSettings(settings: readonly SettingData[]): SettingGroup[] {
  const names = [...(Object.keys(groups) as GroupName[]), 'other' as const];
  return names
    .map((name) => ({
      name,
      settings: settings.filter((each) => (groupOf.get(each.name) ?? 'other') === name),
    }))
    .filter((group) => group.settings.length > 0);
}
