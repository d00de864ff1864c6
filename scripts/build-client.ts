// Builds `@plantain/client` as it is published, from the sources that the workspace uses as they are: the library as ESM with its
// types, and the command `plantain`. Both bring the packages that they need with them, so that installing this installs nothing else.
// `node scripts/build-client.ts [directory]`; without a directory, packages/client/dist.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, type InputOptions } from 'rolldown';
import ts from 'typescript';
import packageJson from '../packages/client/package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..');
const source = join(root, 'packages', 'client', 'src');
const command = './cli/main.js';
const licences = 'THIRD-PARTY-LICENSES';

/** Empties the directory and writes the package there. Rejects with the compiler's or the bundler's words. */
export async function buildClient(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  writeTypes(directory);
  const files = [...(await bundleLibrary(directory)), ...(await bundleCommand(join(directory, 'cli')))];
  writeFileSync(join(directory, licences), licencesOf(files));
  chmodSync(join(directory, command), 0o755);
  cpSync(join(root, 'LICENSE'), join(directory, 'LICENSE'));
  cpSync(join(root, 'docs', 'client.md'), join(directory, 'README.md'));
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(published(), null, 2)}\n`);
}

function published(): object {
  const { name, version, description, license, type } = packageJson;
  return {
    name,
    version,
    description,
    license,
    type,
    engines: { node: '>=20' },
    sideEffects: false,
    bin: { plantain: command },
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './package.json': './package.json',
    },
    imports: publishedImports(),
    files: ['**/*.js', '**/*.d.ts', licences],
  };
}

/** The map of the sources, with the files that they become. */
function publishedImports(): object {
  const toBuilt = (path: string) => path.replace(/^\.\/src\/(.*)\.ts$/, './$1.js');
  return Object.fromEntries(
    Object.entries(packageJson.imports).map(([name, targets]) => [
      name,
      Object.fromEntries(Object.entries(targets).map(([condition, path]) => [condition, toBuilt(path)])),
    ]),
  );
}

/** Checks the library by the package's own settings of the compiler, which know nothing that Node 20 lacks, and writes its types. */
function writeTypes(outDir: string): void {
  const folder = join(source, '..');
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, folder);
  const program = ts.createProgram([join(source, 'index.ts'), join(source, 'files', 'no-paths.ts')], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: source,
    outDir,
  });
  const { diagnostics } = program.emit(undefined, (path, text) => {
    // The compiler rewrites the endings of imports in code only.
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll(/(['"]\.{1,2}\/[\w./-]+)\.ts(?=['"])/g, '$1.js'));
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length === 0) return;
  throw new Error(
    ts.formatDiagnostics(faults, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    }),
  );
}

/** The library, and beside it the two modules of which the import map chooses one. */
async function bundleLibrary(directory: string): Promise<string[]> {
  return await bundle(directory, {
    input: Object.fromEntries(
      ['index', 'files/read-path', 'files/no-paths'].map((name) => [name, join(source, `${name}.ts`)]),
    ),
    external: [...Object.keys(packageJson.imports), /^node:/],
    platform: 'neutral',
    transform: { target: 'es2022' },
  });
}

/** The command, with the tools of `plantain mcp` in a file that no other command loads. */
async function bundleCommand(directory: string): Promise<string[]> {
  return await bundle(directory, {
    input: { main: join(source, 'cli', 'main.ts') },
    platform: 'node',
    transform: { target: 'node20' },
  });
}

/** Resolves with the files that went in. */
async function bundle(directory: string, options: InputOptions): Promise<string[]> {
  const { output } = await build({
    ...options,
    cwd: root,
    output: { dir: directory, format: 'es', chunkFileNames: '[name].js' },
    onLog(_level, { message }) {
      throw new Error(message);
    },
  });
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}

/** Of the packages that the files belong to, and of those that were bundled into the files before they came here. */
function licencesOf(files: readonly string[]): string {
  const names = new Set<string>();
  for (const file of files.filter((each) => each.includes('/node_modules/'))) {
    // Bundlers mark so where a file of another package begins.
    const text = `//#region ${file}\n${readFileSync(file, 'utf8')}`;
    for (const [, name = ''] of text.matchAll(/^\/\/#region .*\/node_modules\/((?:@[^/]+\/)?[^/]+)/gm))
      names.add(name);
  }
  const texts = [...names].toSorted().map((name) => {
    const folder = folderOf(name);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`${name} has no licence beside it that could be passed on.`);
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** Folder of an installed package, as the client's sources resolve it. */
function folderOf(name: string): string {
  const folders = [join(source, '..'), root].map((folder) => join(folder, 'node_modules', name));
  return folders.find((folder) => existsSync(folder)) ?? name;
}

if (import.meta.main) {
  const directory = resolve(process.argv[2] ?? join(root, 'packages', 'client', 'dist'));
  await buildClient(directory);
  console.log(`The package is in ${directory}.`);
}
