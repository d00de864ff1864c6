// Examples of answers about keys and owners.

import type { AnswerData } from './answer-types.ts';

export const key: AnswerData['Key'] = {
  key_id: 'key_CnKwVc2fWGaA',
  name: 'the shop',
  role: 'user',
  hint: 'plantain_7MV2',
  expires_at: null,
  owner_id: 'own_Q2hlZXJzIQ',
  scopes: ['tasks', 'files', 'webhooks', 'read'],
  models: null,
  networks: ['203.0.113.0/24'],
  priority_max: 0,
  declared_as: null,
  create_time: '1795300000',
  last_used_at: '1795387100',
  previous_secret_expires_at: null,
  revoked_at: null,
  limits: { submits_per_minute: 60 },
  budget: null,
  in_force: { limits: { submits_per_minute: 60 }, used: {}, budget: null },
};

const budget: AnswerData['Owner']['budget'] = {
  period: 'month',
  amount_micro_usd: 5_000_000,
  time_zone: 'Europe/Berlin',
  spent_micro_usd: 1_404_000,
  reserved_micro_usd: 78_000,
  left_micro_usd: 3_518_000,
  resets_at: '1796079600',
};

export const owner: AnswerData['Owner'] = {
  owner_id: 'own_Q2hlZXJzIQ',
  name: 'Acme',
  weight: 1,
  shared: false,
  create_time: '1795300000',
  key_count: 2,
  last_used_at: '1795387100',
  limits: { running: 4 },
  budget,
  // With a default of the settings.
  in_force: { limits: { running: 4, waiting: 1000 }, used: { waiting: 12 }, budget },
};

export const me: AnswerData['Me'] = {
  key_id: key.key_id,
  name: key.name,
  role: key.role,
  hint: key.hint,
  expires_at: key.expires_at,
  scopes: key.scopes,
  models: key.models,
  priority_max: key.priority_max,
  limits: key.limits,
  used: {},
  budget: key.budget,
  owner: {
    owner_id: owner.owner_id,
    name: owner.name,
    ...owner.in_force,
  },
  operator_sees: 'nothing',
};

export const session: AnswerData['Session'] = {
  session_id: 'session_CnKwVc2fWGaA',
  signed_in_by: 'key',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0',
  create_time: '1795387000',
  last_used_at: '1795387060',
  expires_at: '1795430260',
  current: true,
};
