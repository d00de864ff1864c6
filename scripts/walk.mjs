// Follows the guides as a new user would: clones this repository as it is committed, starts the server by `npm start` under the machine's
// own Node, and runs the code blocks of each guide in their order, in an empty folder and one shell, with the package that the server hands
// out. Takes minutes and a registry, so it is no part of the tests; e2e/guides.test.ts runs the same blocks within the repository.
//
//   npm run walk [-- GUIDE...]      such as first-minute.md
//
// Plain JavaScript without dependencies, as `setup.mjs` is. Ends with 1 when a block failed.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Needs of each guide: packages, and code before its programs; `serves`: its program goes on while later blocks run. */
const guides = {
  'first-minute.md': {},
  'moving-from-the-vendor.md': {},
  'client.md': {},
  'cli.md': {},
  'following-tasks.md': {
    packages: ['undici@7'],
    before: `import { EventSource } from 'undici';
      const eventsUrl = process.env.EVENTS_URL, show = (state, progress) => console.log(state, progress);`,
  },
  'many-tasks.md': {},
  'webhooks.md': { packages: ['standardwebhooks'], serves: true },
  'testing-with-the-sandbox.md': {},
};

/** A failed call ends the guide, a stream that has no end is followed for a second, and sessions may show commands that fail. */
const prelude = `set -euo pipefail
curl() {
  if [ "$1" = -N ]; then command curl --no-progress-meter --max-time 1 "$@" || [ $? = 28 ]
  elif [[ $1 == -f* ]]; then command curl "$@"
  else command curl --fail-with-body "$@"; fi
}
last=0
unless_broken() { case $1 in 70|126|127|139) exit "$1";; esac; }
`;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const place = mkdtempSync(join(tmpdir(), 'plantain-walk-'));
const path = process.env.PATH.split(delimiter).filter((folder) => !folder.includes('node_modules'));
const passedOn = /^(https?_proxy|no_proxy|node_extra_ca_certs)$/i;
/** None of what this repository, npm or the user's own settings would add. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
  HOME: join(place, 'home'),
  // Packages that guides install for the whole machine go there.
  npm_config_prefix: join(place, 'home'),
  PATH: path.join(delimiter),
};

const failed = [];
let server;
try {
  mkdirSync(environment.HOME);
  execFileSync('git', ['clone', '--quiet', root, join(place, 'plantain')], { env: environment });
  server = spawn('npm', ['start'], {
    cwd: join(place, 'plantain'),
    env: {
      ...environment,
      PLANTAIN_PORT: '0',
      // Where the guides have receivers of webhooks.
      PLANTAIN_ALLOWED_PRIVATE_HOSTS: '127.0.0.1:3000,127.0.0.1:8788',
      // Guides leave tasks behind that would never end.
      PLANTAIN_SHUTDOWN_GRACE_SECONDS: '1',
      PLANTAIN_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const greeting = await until(server.stdout, /and this to ask for it.*\n.*\n/);
  console.log(greeting);
  const [, url] = /listening on (\S+)/.exec(greeting);
  const [, key] = /admin key\s+(\S+)/.exec(greeting);
  const [submit, ask] = greeting.split('\n').filter((line) => line.includes('curl'));
  follow('greeting', `\`\`\`sh\n${submit}\nsleep 6\n${ask}\n\`\`\``, { url, key });
  for (const guide of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(guides)) {
    const text = readFileSync(join(place, 'plantain', 'docs', guide), 'utf8')
      .replaceAll('http://127.0.0.1:8787', url)
      .replaceAll('plantain_your_key', key);
    follow(guide, text, { url, key });
  }
} finally {
  if (server !== undefined) {
    const closed = new Promise((resolve) => server.once('close', resolve));
    // The whole group: npm does not hand on every signal.
    process.kill(-Number(server.pid), 'SIGTERM');
    await closed;
  }
  rmSync(place, { recursive: true, force: true });
}
console.log(failed.length === 0 ? '\nEvery block ran.' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function follow(guide, text, { url, key }) {
  const { packages = [], before = '', serves = false } = guides[guide] ?? {};
  const folder = join(place, guide.replaceAll('.', '-'));
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(join(folder, 'key.txt'), key);
  execFileSync('npm', ['install', '--silent', `${url}/client.tgz`, ...packages], {
    cwd: folder,
    env: environment,
  });
  const blocks = [...text.matchAll(/^```(sh|js|console)\n(.*?)^```$/gms)];
  const steps = blocks.map(([, kind, code], index) => {
    const title = `echo; echo "== ${guide}, block ${index + 1}"\n`;
    if (kind === 'sh') return title + code;
    // A session shows failures too; each of its commands finds the status of the one before.
    const typed = [...code.matchAll(/^\$ (.*)$/gm)].map(
      ([, line]) =>
        `echo ${quoted(`$ ${line}`)}; set +e; (exit $last); ${line}\nlast=$?; unless_broken $last; set -e\n`,
    );
    if (kind === 'console') return title + typed.join('');
    const file = join(folder, `block-${index + 1}.mjs`);
    writeFileSync(file, `${before}\n${code}`);
    const untilOpen = 'until (echo > /dev/tcp/127.0.0.1/3000) 2> /dev/null; do sleep 0.1; done';
    return `${title}node ${file}${serves ? ` & trap "kill $!" EXIT\n${untilOpen}` : ''}\n`;
  });
  // Not by fetch: while the shells run nothing here looks after its connections.
  const submit = [
    '-s',
    '-d',
    '{"prompt":"a banana"}',
    '-H',
    `Authorization: ${key}`,
    `${url}/api/gemini/nano-banana`,
  ];
  const { data: task } = JSON.parse(execFileSync('curl', submit, { encoding: 'utf8' }));
  const env = {
    ...environment,
    PATH: [join(folder, 'node_modules', '.bin'), join(place, 'home', 'bin'), environment.PATH].join(
      delimiter,
    ),
    PLANTAIN_URL: url,
    PLANTAIN_API_KEY: key,
    ID: task.task_id,
    EVENTS_URL: task.events_url,
  };
  const options = { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'], timeout: 300_000 };
  if (spawnSync('bash', ['-c', prelude + steps.join('')], options).status !== 0) failed.push(guide);
}

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Gives the whole output of a stream once it matches; rejects when the stream ends before. The stream flows on. */
function until(stream, pattern) {
  let text = '';
  return new Promise((resolve, reject) => {
    stream.on('data', (piece) => {
      text += piece;
      if (pattern.test(text)) resolve(text);
    });
    stream.on('end', () => reject(new Error(`npm start ended, and said: ${text}`)));
  });
}
