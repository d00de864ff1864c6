import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from './parse-config.ts';
import { type SettingName, settings, variableOf } from './settings.ts';
import { showSettings } from './shown-settings.ts';

const file = (text: string) => ({ name: 'plantain.yaml', text });

/** The faults of settings that can't be used. */
function faultsOf(...given: Parameters<typeof parseConfig>): readonly string[] {
  try {
    parseConfig(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('The settings were taken.');
}

describe('settings', () => {
  test('have their defaults where nothing is given, and every default is one that would be taken', () => {
    const { config, sources } = parseConfig({});
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8787,
      auth: 'keys',
      max_tries: 6,
      audit_lifetime_seconds: 365 * 24 * 60 * 60,
      allowed_private_hosts: [],
    });
    expect(config.admin_key).toBeUndefined();
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']));
    expect(Object.keys(sources)).toEqual(Object.keys(settings));
  });

  test('come from the environment before the file, and from the file before the default', () => {
    const { config, sources } = parseConfig({ PLANTAIN_PORT: '1' }, file('port: 2\nconcurrency: 3'));
    expect(config).toMatchObject({ port: 1, concurrency: 3, max_tries: 6 });
    expect(sources).toMatchObject({
      port: 'PLANTAIN_PORT',
      concurrency: 'plantain.yaml',
      max_tries: 'default',
    });
  });

  test('are not set by a variable that is empty, nor by nothing in the file', () => {
    const { config, sources } = parseConfig(
      { PLANTAIN_PORT: '', GEMINI_API_KEY: '' },
      file('port: 2\nhost:\n'),
    );
    expect(config).toMatchObject({ port: 2, host: '127.0.0.1' });
    expect(config.gemini_api_key).toBeUndefined();
    expect(sources.host).toBe('default');
  });

  test('may all come from the environment, except those of the file alone', () => {
    const inFileOnly = (Object.keys(settings) as SettingName[]).filter(
      (name) => variableOf(name) === undefined,
    );
    expect(inFileOnly).toEqual([
      'metrics_owner_groups',
      'model_names',
      'owners',
      'keys',
      'selling_prices',
      'upstreams',
      'routes',
      'prices',
    ]);
    expect(variableOf('data_dir')).toBe('PLANTAIN_DATA_DIR');
    expect(variableOf('fal_key')).toBe('FAL_KEY');
  });

  test('are read in the forms that people write', () => {
    const { config } = parseConfig(
      {
        PLANTAIN_PUBLIC_URL: 'https://a.example/plantain//',
        PLANTAIN_ALLOWED_PRIVATE_HOSTS: 'minio.local:9000, 10.0.0.0/8\n[fd00::7]:80',
        PLANTAIN_ADMIN_KEY: ` ${'k'.repeat(32)} `,
        GEMINI_API_KEY: 'one, two,',
        PLANTAIN_CONFIG: '/etc/plantain.yaml',
        HOME: '/root',
      },
      file('openai_api_key: [three, four]\nmax_tries: "7"\n'),
    );
    expect(config).toMatchObject({
      public_url: 'https://a.example/plantain',
      allowed_private_hosts: ['minio.local:9000', '10.0.0.0/8', '[fd00::7]:80'],
      admin_key: 'k'.repeat(32),
      gemini_api_key: ['one', 'two'],
      openai_api_key: ['three', 'four'],
      max_tries: 7,
    });
    expect(
      parseConfig({}, file('allowed_private_hosts: [a.local, b.local]')).config.allowed_private_hosts,
    ).toEqual(['a.local', 'b.local']);
    expect(parseConfig({}, file('# nothing yet\n')).config.port).toBe(8787);
    expect(parseConfig({ PLANTAIN_PICTURE_METADATA: 'true' }).config.picture_metadata).toBe(true);
    expect(parseConfig({}, file('picture_metadata: true')).config.picture_metadata).toBe(true);
    expect(faultsOf({ PLANTAIN_PICTURE_METADATA: 'yes' })).toEqual([
      expect.stringContaining('must be true or false'),
    ]);
  });
});

describe('proxies', () => {
  test('have the variables of other programs, in small letters first, and are never shown', () => {
    const parsed = parseConfig({
      HTTPS_PROXY: 'http://a:secret@one.example:3128',
      https_proxy: 'two.example:3128',
      NO_PROXY: 'a.example, 10.0.0.0/8',
    });
    expect(parsed.config).toMatchObject({
      https_proxy: 'http://two.example:3128',
      no_proxy: ['a.example', '10.0.0.0/8'],
      link_proxy: 'none',
    });
    const shown = showSettings(parsed).find(({ name }) => name === 'https_proxy');
    expect(shown).toMatchObject({ is_hidden: true, source: 'environment', set_by: 'https_proxy' });
    expect(JSON.stringify(shown)).not.toContain('two.example');
  });

  test.each([
    [{ HTTPS_PROXY: 'socks5://proxy.example:1080' }, 'must be the http or https address of a proxy'],
    [{ HTTP_PROXY: 'http://' }, 'must be the http or https address of a proxy'],
    [{ PLANTAIN_LINK_PROXY: 'by_name' }, 'no proxy is named'],
  ])('%j is refused', (environment, words) => {
    expect(faultsOf(environment).join()).toContain(words);
  });
});

describe('faults', () => {
  test('another way to a database that is not there is one, and none where only a lock tells who has it', () => {
    const listen = 'PLANTAIN_DATABASE_LISTEN_URL';
    const s3 = { PLANTAIN_PICTURE_STORE: 's3', PLANTAIN_S3_BUCKET: 'pictures' };
    const shared = { PLANTAIN_DATABASE_URL: 'postgres://db.example/plantain', PLANTAIN_SINGLE_NODE: 'true' };
    expect(faultsOf({ ...s3, [listen]: 'none' })).toEqual([
      expect.stringContaining('database_url is missing'),
    ]);
    expect(faultsOf({ ...shared, [listen]: 'none' })).toEqual([
      expect.stringContaining('picture_store is disk'),
    ]);
    expect(parseConfig({ ...shared, ...s3, [listen]: 'none' }).config.database_listen_url).toBe('none');
    const slash = { ...shared, PLANTAIN_DATABASE_URL: 'postgres://user:123/456@db.example/plantain' };
    expect(faultsOf(slash)).toEqual([expect.stringContaining('%2F for /')]);
    expect(faultsOf({ ...shared, [listen]: 'db.example' })).toEqual([expect.stringContaining('postgres://')]);
  });

  test.each(['secr%ffet@db.example/plantain', 'secret%@db.example/plantain', 'secret@db.example/%zz'])(
    'an address of a database that can’t be decoded is one: %s',
    (rest) => {
      const address = `postgres://user:${rest}`;
      const given = { PLANTAIN_DATABASE_URL: address, PLANTAIN_DATABASE_LISTEN_URL: address };
      const faults = faultsOf({ ...given, PLANTAIN_SINGLE_NODE: 'true' });
      expect(faults).toEqual([expect.stringContaining('%25 for %'), expect.stringContaining('%25 for %')]);
      expect(faults.join()).not.toContain('secr');
    },
  );

  test('a plain folder of pictures beside a shared database is one, unless no other machine works on that', () => {
    const shared = { PLANTAIN_DATABASE_URL: 'postgres://user:secret@db.example/plantain' };
    const faults = faultsOf(shared);
    expect(faults).toEqual([expect.stringContaining('single_node')]);
    expect(faults.join()).not.toContain('secret');
    expect(parseConfig({ ...shared, PLANTAIN_SINGLE_NODE: 'true' }).config.picture_store).toBe('disk');
    const folder = { PLANTAIN_PICTURE_STORE: 'shared', PLANTAIN_PICTURES_DIR: '/mnt/pictures' };
    expect(parseConfig({ ...shared, ...folder }).config.pictures_dir).toBe('/mnt/pictures');
    expect(faultsOf({ PLANTAIN_PICTURE_STORE: 'shared' })).toEqual([
      expect.stringContaining('pictures_dir is missing'),
    ]);
    const alone = { ...shared, PLANTAIN_SINGLE_NODE: 'true', PLANTAIN_ROLE: 'api' };
    expect(faultsOf(alone)).toEqual([expect.stringContaining('role is api, and picture_store is disk')]);
    expect(parseConfig({ ...shared, ...folder, PLANTAIN_ROLE: 'api' }).config.role).toBe('api');
    expect(faultsOf({ PLANTAIN_ROLE: 'worker' })).toEqual([
      expect.stringMatching(/^role is worker.*database_url is missing/),
    ]);
    expect(faultsOf({ PLANTAIN_ROLE: 'boss' })).toEqual([expect.stringMatching(/^role .*must be one of/)]);
    const others = faultsOf({ PLANTAIN_DATABASE_URL: 'mysql://user:secret@db.example/plantain' });
    expect(others).toEqual([expect.stringContaining('must begin with postgres://')]);
    expect(others.join()).not.toContain('secret');
  });

  test('are all in one report, each with its name, where it came from and what would be taken', () => {
    const environment = {
      PLANTAIN_PORT: '70000',
      PLANTAIN_AUTH: 'none',
      PLANTAIN_MAX_TRIES: '1.5',
      PLANTAIN_PUBLIC_URL: 'ftp://a',
    };
    const faults = faultsOf(environment, file('concurrency: many\nhost: 7'));
    expect(faults).toEqual([
      expect.stringMatching(/^host \(plantain\.yaml\) /),
      'port (PLANTAIN_PORT) must be at most 65535',
      'public_url (PLANTAIN_PUBLIC_URL) must be an http or https address',
      'auth (PLANTAIN_AUTH) must be one of keys, open',
      'concurrency (plantain.yaml) must be a whole number',
      'max_tries (PLANTAIN_MAX_TRIES) must be a whole number',
    ]);
    expect(() => parseConfig(environment)).toThrow(/^The settings have 4 faults:\n {2}- port/);
  });

  test.each(['yes', ' ', 'null', '0x10x', '1e9'])('are found in a number written as %j', (value) => {
    expect(faultsOf({ PLANTAIN_CONCURRENCY: value })).toHaveLength(1);
  });

  test.each(['true', '[]', '[4]', '{}', '""', '2000-01-01'])(
    'are found in a number that the file gives as %s',
    (value) => {
      expect(faultsOf({}, file(`concurrency: ${value}`))).toHaveLength(1);
    },
  );

  test('are names that are no settings, so that no misspelt one is without effect', () => {
    expect(
      faultsOf({ PLANTAIN_PROT: '1', OTHER_PROT: '1' }, file('concurency: 3\n__proto__: 1\nconstructor: 2')),
    ).toEqual([
      'PLANTAIN_PROT is not a setting; did you mean PLANTAIN_PORT?',
      'concurency (plantain.yaml) is not a setting; did you mean concurrency?',
      expect.stringMatching(/^__proto__ .*docs\/settings\.md lists them$/),
      expect.stringMatching(/^constructor .*docs\/settings\.md lists them$/),
    ]);
  });

  test.each([
    ['PLANTAIN_DATADIR', 'PLANTAIN_DATA_DIR'],
    ['PLANTAIN_PUBLIC_URI', 'PLANTAIN_PUBLIC_URL'],
    ['PLANTAIN_APIKEY', 'PLANTAIN_API_KEY'],
  ])('name what a misspelt variable may be meant for: %s', (given, meant) => {
    expect(faultsOf({ [given]: 'x' })).toEqual([`${given} is not a setting; did you mean ${meant}?`]);
  });

  test.each(['PLANTAIN_HOST', 'Host', 'public-url'])('name it where the file has %s', (given) => {
    expect(faultsOf({}, file(`${given}: x`))).toEqual([
      expect.stringMatching(/\(plantain\.yaml\) is not a setting; did you mean (host|public_url)\?$/),
    ]);
  });

  test('name nothing for what resembles no setting', () => {
    for (const given of ['PLANTAIN_X', 'PLANTAIN_', 'PLANTAIN_COLOUR', `PLANTAIN_${'_B'.repeat(40)}`])
      expect(faultsOf({ [given]: '1' })).toEqual([expect.stringMatching(/is not a setting; docs\/settings/)]);
  });

  test('are no variables of the client, which the guides export in the same shell', () => {
    const client = join(import.meta.dirname, '..', '..', '..', 'client', 'src', 'cli');
    const texts = globSync('**/*.ts', { cwd: client }).map((name) =>
      readFileSync(join(client, name), 'utf8'),
    );
    const read = new Set(texts.join('\n').match(/\bPLANTAIN_[A-Z_]+\b/g));
    expect([...read]).toEqual(expect.arrayContaining(['PLANTAIN_URL', 'PLANTAIN_API_KEY']));
    expect(() => parseConfig(Object.fromEntries([...read].map((name) => [name, 'x'])))).not.toThrow(
      'is not a setting',
    );
  });

  test.each([
    ['[1, 2]', /must hold settings/],
    ['just words', /must hold settings/],
    ['port: 1\nport: 2', /not valid YAML: .*unique/i],
    ['port: [1', /not valid YAML/],
    ['a: b: c', /not valid YAML/],
  ])('are what is off in the file: %j', (text, fault) => {
    expect(faultsOf({}, file(text))).toEqual([expect.stringMatching(fault)]);
  });

  test('are settings that contradict one another or name what is not there', () => {
    const environment = {
      PLANTAIN_DEADLINE_SECONDS: '100',
      PLANTAIN_MAX_DEADLINE_SECONDS: '99',
      PLANTAIN_DEFAULT_MODEL: 'dall-e',
    };
    expect(faultsOf(environment, file('routes: { sdxl: [{ upstream: sandbox }] }'))).toEqual([
      expect.stringMatching(/^default_model is not a model; there are nano-banana, .*, sdxl$/),
      'deadline_seconds (100) is more than max_deadline_seconds (99)',
    ]);
  });

  test('are a port that is listened on twice', () => {
    const both = { PLANTAIN_PORT: '9000', PLANTAIN_METRICS_PORT: '9000' };
    const fault = 'metrics_port and port are both 9000: choose another for one of them';
    expect(faultsOf(both)).toEqual([fault]);
    expect(faultsOf({ ...both, PLANTAIN_METRICS_HOST: '0.0.0.0' })).toEqual([fault]);
    expect(parseConfig({ ...both, PLANTAIN_HOST: '10.0.0.7' }).config.port).toBe(9_000);
    expect(parseConfig({ PLANTAIN_PORT: '0', PLANTAIN_METRICS_PORT: '0' }).config.port).toBe(0);
  });

  test('never show a secret, wherever it stands', () => {
    const secret = 'AIzaSySecretSecretSecret';
    const reports = [
      faultsOf({ PLANTAIN_ADMIN_KEY: 'short-secret' }),
      faultsOf({}, file('admin_key: short-secret')),
      faultsOf({}, file(`gemini_api_key: [[${secret}]]`)),
      faultsOf({ GEMINI_API_KEY: `${secret} ${secret}` }),
      faultsOf({}, file(`gemini_api_key: {${secret}: ${secret}}`)),
      faultsOf({}, file(`gemini_api_key: "${secret}\nport: 1`)),
      faultsOf({}, file(`gemini_api_key: ${secret}: x`)),
      faultsOf({}, file(`gemini_api_key: *${secret}`)),
      faultsOf({}, file(`gemini_api_key: ${secret}\ngemini_api_key: ${secret}`)),
      faultsOf({}, file(`gemini_api_key: !${secret} x\nport: [`)),
      faultsOf({}, file(`gemini_api_key: x "${secret}" ]\n} "${secret}"`)),
    ];
    expect(reports.join('\n')).not.toMatch(/short-secret|Secret/);
  });
});
