// One parser for the environment and the optional file: the environment goes first, every fault is in one report.

import { parse, YAMLParseError } from 'yaml';
import { createModelTable, shippedModels } from '../core/models.ts';
import { type Config, type Setting, type SettingName, settings, variableOf } from './settings.ts';

export interface ParsedConfig {
  config: Config;
  /** Where each value came from: a variable, the file, or `default`. */
  sources: Record<SettingName, string>;
}

/** Settings that can't be used; the message is the whole report. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The settings have ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Variables that start like settings but are read elsewhere. */
const otherVariables = new Set(['PLANTAIN_CONFIG']);
const names = Object.keys(settings) as SettingName[];

/** `file` is the settings file's name and text. Throws `ConfigError`. */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
  file?: { name: string; text: string },
): ParsedConfig {
  const faults: string[] = [];
  const fromFile = file === undefined ? {} : readFile(file, faults);
  const config: Record<string, unknown> = {};
  const sources = {} as Record<SettingName, string>;
  for (const name of names) {
    const setting: Setting = settings[name];
    const { value, source } = pick(name, environment, fromFile, file?.name);
    sources[name] = source;
    if (value === undefined) continue;
    const parsed = setting.schema.safeParse(value);
    if (parsed.success) config[name] = parsed.data;
    else for (const issue of parsed.error.issues) faults.push(`${name} (${source}) ${issue.message}`);
  }
  faults.push(
    ...unknownNames(environment, fromFile, file?.name),
    ...contradictions(config as unknown as Config),
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return { config: config as unknown as Config, sources };
}

function pick(
  name: SettingName,
  environment: Readonly<Record<string, string | undefined>>,
  fromFile: Record<string, unknown>,
  fileName: string | undefined,
): { value: unknown; source: string } {
  const variable = variableOf(name);
  const given = variable === undefined ? undefined : environment[variable];
  // A variable set to nothing is how compose files and shells say "not set".
  if (variable !== undefined && given !== undefined && given !== '')
    return { value: given, source: variable };
  if (fromFile[name] !== undefined && fromFile[name] !== null)
    return { value: fromFile[name], source: fileName ?? '' };
  const { default: value }: Setting = settings[name];
  return { value, source: 'default' };
}

function readFile({ name, text }: { name: string; text: string }, faults: string[]): Record<string, unknown> {
  try {
    // Without warnings, which go to stderr and quote the file.
    const value: unknown = parse(text, { logLevel: 'error' }) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    faults.push(`${name} must hold settings as "name: value" lines`);
  } catch (error) {
    faults.push(`${name} is not valid YAML: ${reasonOf(error)}`);
  }
  return {};
}

/** What is wrong and where, without anything out of the file, which may hold a secret: lines behind the first quote it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof YAMLParseError)) return 'a value begins with *, which needs quotes around it';
  const [reason = ''] = error.message.split('\n');
  return reason.replace(/:$/, '').replaceAll(/"[^"]*"/g, '…');
}

function unknownNames(
  environment: Readonly<Record<string, string | undefined>>,
  fromFile: Record<string, unknown>,
  fileName: string | undefined,
): string[] {
  const variables = new Set(names.map(variableOf));
  const inEnvironment = Object.keys(environment).filter(
    (name) => name.startsWith('PLANTAIN_') && !variables.has(name) && !otherVariables.has(name),
  );
  const inFile = Object.keys(fromFile).filter((name) => !Object.hasOwn(settings, name));
  return [
    ...inEnvironment.map((name) => `${name} is not a setting; docs/settings.md lists them`),
    ...inFile.map((name) => `${name} (${fileName}) is not a setting; docs/settings.md lists them`),
  ];
}

function contradictions(config: Config): string[] {
  const found: string[] = [];
  const models = createModelTable(shippedModels);
  if (config.default_model !== undefined && models.find(config.default_model) === undefined)
    found.push(`default_model is not a model; there are ${models.all.map(({ name }) => name).join(', ')}`);
  for (const name of Object.keys(config.gemini_models ?? {}))
    if (models.find(name)?.name !== name)
      found.push(`gemini_models names ${name}, which is not a model's own name`);
  if (config.deadline_seconds > config.max_deadline_seconds)
    found.push(
      `deadline_seconds (${config.deadline_seconds}) is more than max_deadline_seconds (${config.max_deadline_seconds})`,
    );
  return found;
}
