// For the operator: every setting that is in effect, secrets hidden, and where each came from.

import type { SettingsData } from '@plantain/client';
import { adminKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { data } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';

export const settingsRoutes = {
  listSettings: route({
    method: 'get',
    path: '/api/admin/settings',
    tag: 'Operating',
    summary: 'Every setting that is in effect, and where it came from',
    description: 'Needs an admin key.',
    access: adminKey,
    answers: data('Settings', 'The settings, without secrets'),
  }),
};

/** `settings` are read once, at the start. */
export function adminSettingsFace({
  serve,
  settings,
}: {
  serve: Serve;
  settings: SettingsData['settings'];
}): Face {
  const dataText = JSON.stringify({ settings });
  return serve(settingsRoutes, { listSettings: () => ({ dataText }) });
}
