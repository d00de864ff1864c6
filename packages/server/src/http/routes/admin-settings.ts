// For the operator: every setting that is in effect, secrets hidden, and where each came from.

import type { SettingsData } from '@plantain/client';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { adminOnly } from './admin-only.ts';

export function adminSettingsFace({
  authorize,
  settings,
}: {
  authorize: Authorize;
  settings: SettingsData['settings'];
}): Face {
  const admit = adminOnly(authorize);
  // They are read once, at the start.
  const data: SettingsData = { settings };
  const text = JSON.stringify(data);
  return (app, answers) => {
    app.get('/api/admin/settings', (request, reply) => {
      admit(request.headers.authorization);
      return answers.success(request, reply, text);
    });
  };
}
