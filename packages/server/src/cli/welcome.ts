// Words on the terminal for the person who started the server.

import { placeOf } from '../composition/commands.ts';
import type { Started } from '../compose.ts';
import type { Config } from '../config/settings.ts';
import { version } from './version.ts';

export function printWelcome(
  config: Config,
  { listening, publicUrl, newKey, signInLink, usableKeys, upstream, models, rescued, metricsAt }: Started,
): void {
  const metrics = metricsAt === null ? [] : [`  metrics    ${metricsAt}, for everybody who reaches it`];
  if (config.role === 'worker') {
    console.log(
      [
        `Plantain ${version} runs tasks of ${placeOf(config)}`,
        `  upstream   ${upstream}, which serves ${models.join(', ')}`,
        `  health     ${listening}/healthz and /readyz; clients are answered by servers of role api or all`,
        ...metrics,
        '',
      ].join('\n'),
    );
    return;
  }
  const key = config.auth === 'open' ? null : (newKey ?? 'YOUR_KEY');
  const authorization = key === null ? '' : ` -H 'Authorization: ${key}'`;
  const lines = [
    `Plantain ${version} is listening on ${listening}`,
    `  console    ${publicUrl}/   (in a browser${key === null ? '' : '; sign in with a key'})`,
    ...(signInLink === null ? [] : [`  sign in    ${signInLink}   (in a browser: once, within ten minutes)`]),
    `  upstream   ${upstream}, which serves ${models.join(', ')}`,
    ...(publicUrl === listening ? [] : [`  links      ${publicUrl}`]),
    `  data       ${placeOf(config)}`,
    ...metrics,
    ...(config.database_listen_url === 'none'
      ? ['  changes    of other servers are asked for each second, as PLANTAIN_DATABASE_LISTEN_URL is none']
      : []),
    ...(rescued === 0
      ? []
      : [`  rescued    ${rescued} task(s) that were running when the server last stopped`]),
    ...(newKey === null ? [] : [`  admin key  ${newKey}   (shown this once: keep it)`]),
    ...keyHints(config, newKey, usableKeys),
    '',
    'Paste this to make a picture; it prints the task’s id:',
    `  TASK=$(curl -sS ${publicUrl}/api/gemini/nano-banana${authorization} -H 'Content-Type: application/json' -d '{"prompt":"a banana on a skateboard"}' | sed -E 's/.*"task_id":"([^"]+)".*/\\1/'); echo "$TASK"`,
    'and this to ask for it, until its state is succeeded and data.data.images has the link:',
    `  curl -sS ${publicUrl}/api/gemini/nano-banana/$TASK${authorization}`,
    '',
  ];
  console.log(lines.join('\n'));
}

function keyHints(config: Config, newKey: string | null, usableKeys: number): string[] {
  if (config.auth === 'open')
    return [
      '',
      '  !! PLANTAIN_AUTH=open: there are no keys. Whoever can reach this port may submit tasks, spend what the',
      '  !! upstream costs, and see every task.',
      ...(['127.0.0.1', '::1', 'localhost'].includes(config.host)
        ? []
        : [
            `  !! It listens on ${config.host}, not only on this machine.`,
            ...(config.public_url === undefined
              ? ['  !! Whoever calls it by a name is refused, unless PLANTAIN_PUBLIC_URL has that name.']
              : []),
          ]),
    ];
  if (newKey !== null) return [];
  if (usableKeys === 0)
    return ['  keys       none that works; make one: npx plantain-server keys create --name admin --admin'];
  return ['  keys       use one of yours; a new one: npx plantain-server keys create --name NAME'];
}
