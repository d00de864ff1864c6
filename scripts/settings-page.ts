// `node scripts/settings-page.ts > docs/settings.md`: writes the page of settings from the table that the server reads.
// The tables are padded as prettier pads them, so that formatting changes nothing.

import type { Setting } from '../packages/server/src/config/setting.ts';
import { type SettingName, settings, variableOf } from '../packages/server/src/config/settings.ts';

const introduction = `# Settings

<!-- Made by \`node scripts/settings-page.ts > docs/settings.md\`; edit packages/server/src/config/settings.ts instead. -->

No setting has to be given. A setting comes from the environment or from a YAML file; where
both name it, the environment wins. The file is \`plantain.yaml\` in the working directory, or the one that
\`PLANTAIN_CONFIG\` names:

\`\`\`yaml
host: 0.0.0.0
public_url: https://pictures.example.com
trusted_proxies: 1
allowed_private_hosts: [pictures.internal, '10.0.0.0/8']
routes:
  nano-banana: [{ upstream: gemini, model: gemini-3-pro-image }] # its key is in GEMINI_API_KEY
\`\`\`

- A variable that is set to nothing counts as not set. A list in a variable has commas between its entries.
- An unknown name, or a value that can't be used, stops the start; one report names every fault.
- Settings are read once, at the start.
- \`npx plantain-server config\` prints what is in effect and where each value came from; secrets are hidden,
  and a key inside \`upstreams\` is shown by its label.
- Several upstreams, keys, limits, routes and prices have [a page of their own](upstreams/README.md).
`;

const header = ['Setting', 'Variable', 'Values', 'Default', 'What it is for'];

/** The whole page, as Markdown that ends in a line break. */
export function renderSettingsPage(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => toRow(name, settings[name]));
  return `${introduction}\n${renderTable([header, ...rows])}\n`;
}

function toRow(name: SettingName, setting: Setting): string[] {
  const variable = variableOf(name);
  const secret = setting.secret === true ? ' **Secret.**' : '';
  return [
    code(name),
    variable === undefined ? '-' : code(variable),
    describeValues(setting),
    setting.default === undefined ? '-' : code(toText(setting.default)),
    setting.about + secret,
  ];
}

function describeValues({ schema }: Setting): string {
  const { type, minimum, maximum, minLength = 0, enum: values } = schema.toJSONSchema({ io: 'input' });
  if (values !== undefined) return values.map((value) => code(String(value))).join(' ');
  if (type === 'boolean') return '`true` `false`';
  if (type === 'integer') return `${minimum} to ${maximum}`;
  if (type === 'array') return 'list';
  if (type === 'object') return 'names and values';
  return minLength > 1 ? `text of ${minLength} characters or more` : 'text';
}

/** As it is written in the file. */
function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function code(text: string): string {
  return `\`${text}\``;
}

function renderTable(rows: readonly string[][]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width));
  return lines
    .toSpliced(1, 0, rule)
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

if (import.meta.main) process.stdout.write(renderSettingsPage());
