// Holds the imports against the arrows of docs/architecture.md. Fails also when it passed over a source, or found far too few
// imports between them, because a checker that silently resolves nothing finds no fault either.

import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const server = 'packages/server/src';
const folders = ['packages/server/src', 'packages/client/src', 'packages/console/src'];

/** Each part of the server, and what of the server it may import beside itself. */
const parts = {
  lib: [],
  core: ['lib'],
  store: ['core', 'lib'],
  pictures: ['core', 'lib'],
  outside: ['core', 'lib'],
  upstreams: ['core', 'lib'],
  routing: ['core', 'lib'],
  retention: ['core', 'lib'],
  worker: ['core', 'lib'],
  webhooks: ['core', 'lib'],
  tracing: ['core', 'lib'],
  metrics: ['core', 'lib'],
  http: ['core', 'lib'],
  config: ['core', 'lib'],
};

const rules = Object.entries(parts).map(([part, may]) => ({
  name: `${part}-imports-only-${['itself', ...may].join('-')}`,
  severity: 'error',
  from: { path: `^${server}/${part}/`, pathNot: '\\.(test|conformance|fixture)\\.ts$' },
  to: { path: `^${server}/`, pathNot: `^${server}/(${[part, ...may].join('|')})/` },
}));

const forbidden = [
  ...rules,
  { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'upstreams-do-not-import-one-another',
    severity: 'error',
    // Pieces that they share lie beside their folders, and in those named here, which import no adapter either.
    from: { path: `^${server}/upstreams/([^/]+)/` },
    to: {
      path: `^${server}/upstreams/([^/]+)/`,
      pathNot: `^${server}/upstreams/($1|answers|failures|operations|results)/`,
    },
  },
  {
    name: 'faces-do-not-import-one-another',
    severity: 'error',
    // All of them may import the kit, which imports none.
    from: { path: `^${server}/http/faces/([^/]+)/` },
    to: { path: `^${server}/http/faces/([^/]+)/`, pathNot: `^${server}/http/faces/($1|kit)/` },
  },
  {
    name: 'only-compose-and-the-process-edge-join-parts',
    severity: 'error',
    from: {
      path: `^${server}/`,
      pathNot: `^${server}/(compose|main)\\.ts$|^${server}/(cli|composition)/|\\.(test|conformance|fixture)\\.ts$`,
    },
    to: {
      path: `^${server}/(compose|main)\\.ts$|^${server}/(cli|composition)/`,
    },
  },
  {
    name: 'the-driver-is-behind-the-store',
    severity: 'error',
    from: { path: `^${server}/`, pathNot: `^${server}/store/` },
    to: { path: '^(node:)?sqlite$' },
  },
  {
    name: 'the-client-depends-on-nothing-of-ours',
    severity: 'error',
    from: { path: '^packages/client/', pathNot: '\\.(test|fixture)\\.ts$' },
    to: { path: '^packages/server/' },
  },
  {
    // But for the tools of /mcp, which are the same as those of `plantain mcp` and call the API as any client does.
    name: 'the-server-takes-only-types-of-the-client',
    severity: 'error',
    from: { path: `^${server}/`, pathNot: '\\.(test|conformance|fixture)\\.ts$' },
    to: {
      path: '^packages/client/',
      pathNot: '^packages/client/src/mcp/',
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'the-console-reaches-the-server-through-the-client',
    severity: 'error',
    from: { path: '^packages/console/', pathNot: '\\.(test|fixture)\\.ts$' },
    to: { path: '^packages/(server|client/src/(?!index\\.ts$))' },
  },
  {
    name: 'tests-are-imported-by-tests-only',
    severity: 'error',
    from: { path: `^${server}/`, pathNot: '\\.(test|conformance|fixture)\\.ts$' },
    to: { path: '\\.(test|conformance|fixture)\\.ts$' },
  },
];

process.chdir(root);
const { output } = await cruise(
  folders,
  {
    ruleSet: { forbidden },
    validate: true,
    tsPreCompilationDeps: true,
    // Without these it resolves no import of ours that goes by a package's name, and so finds no fault in it.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'types'] },
    doNotFollow: { path: 'node_modules' },
    outputType: 'json',
  },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);
const { summary, modules } = typeof output === 'string' ? JSON.parse(output) : output;

for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);

const sources = globSync(folders.map((folder) => `${folder}/**/*.{ts,tsx}`));
const seen = new Set(modules.map(({ source }) => source));
const unseen = sources.filter((source) => !seen.has(source));
const inside = modules
  .flatMap(({ dependencies }) => dependencies)
  .filter(({ resolved }) => sources.includes(resolved)).length;
if (unseen.length > 0) console.error(`Not looked at: ${unseen.join(', ')}. The checker does not work.`);
// Nearly every source imports more than one other of ours.
if (inside < sources.length)
  console.error(
    `Only ${inside} imports were found among ${sources.length} sources. The checker does not work.`,
  );

if (summary.violations.length > 0 || unseen.length > 0 || inside < sources.length) process.exitCode = 1;
else console.log(`${sources.length} sources, ${inside} imports among them, no arrow broken.`);
