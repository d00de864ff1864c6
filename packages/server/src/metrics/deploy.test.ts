import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { eventLevels } from '../event-log.ts';
import { type Metric, metricsIn, scrapeEverything } from './metrics.fixture.ts';

// The page of metrics, the dashboard and the alert rules, held against the metrics that there are. The page is written where WRITE_METRICS is set.

const root = join(import.meta.dirname, '../../../..');
const page = join(root, 'docs/metrics.md');
const rules = join(root, 'deploy/alerts.yml');
const dashboard = join(root, 'deploy/grafana-dashboard.json');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool)
  console.log('Skipped: what promtool says of the metrics, which is not installed (prometheus).');

let text: string;
let metrics: Metric[];
beforeAll(async () => {
  text = await scrapeEverything();
  metrics = metricsIn(text);
});

/** Names of samples that there are, a histogram's three included. */
const sampleNames = () =>
  new Set(
    metrics.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );

const used = (expression: string) => [...expression.matchAll(/\bplantain_\w+/g)].map(([name]) => name);

test('every name begins with plantain_, and every metric says what it is', () => {
  expect(metrics.length).toBeGreaterThan(40);
  expect(metrics.map(({ name }) => name)).toContain('plantain_nodejs_eventloop_lag_p99_seconds');
  expect(text).not.toContain('active_');
  for (const { name, type, help } of metrics) {
    expect(name).toMatch(/^plantain_[a-z0-9_]+$/);
    expect(help).toMatch(/^[A-Z]/);
    if (type === 'counter') expect(name).toMatch(/_total$/);
  }
});

/** Metrics of the library, of which each system has others. */
const ofProcess = /^plantain_(process|nodejs)_/;

test('the page lists every metric but those of the process, with its labels', () => {
  const rows = metrics
    .filter(({ name }) => !ofProcess.test(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help.replaceAll('|', '\\|'),
    ]);
  const head = ['Metric', 'Kind', 'Labels', 'What it is'];
  const widths = head.map((word, at) => Math.max(word.length, ...rows.map((row) => (row[at] ?? '').length)));
  const lines = [head, widths.map((width) => '-'.repeat(width)), ...rows].map(
    (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`,
  );
  const [before = '', , after = ''] = readFileSync(page, 'utf8').split(/<!-- (?:table|end of the table) -->/);
  const whole = `${before}<!-- table -->\n\n${lines.join('\n')}\n\n<!-- end of the table -->${after}`;
  if (process.env['WRITE_METRICS'] !== undefined) writeFileSync(page, whole);
  expect(readFileSync(page, 'utf8')).toBe(whole);
});

test('alert rules ask for metrics and events that there are', () => {
  const { groups } = parse(readFileSync(rules, 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  };
  const all = groups.flatMap((group) => group.rules);
  expect(all.length).toBeGreaterThan(10);
  for (const { alert, expr, annotations } of all) {
    for (const name of used(expr)) expect(sampleNames(), alert).toContain(name);
    const [, events = ''] = /event=~"([^"]+)"/.exec(expr) ?? [];
    for (const event of events.split('|').filter((name) => name !== ''))
      expect(Object.keys(eventLevels), alert).toContain(event);
    expect(Object.keys(annotations)).toEqual(['summary', 'description']);
  }
});

test('the dashboard asks for metrics and labels that there are', () => {
  const { panels } = JSON.parse(readFileSync(dashboard, 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const expressions = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );
  expect(expressions.length).toBeGreaterThan(30);
  const labels = new Set([...metrics.flatMap((metric) => metric.labels), 'le', 'instance']);
  for (const { title, expr } of expressions) {
    const names = used(expr);
    expect(names, title).not.toEqual([]);
    for (const name of names) expect(sampleNames(), title).toContain(name);
    for (const [, by = ''] of expr.matchAll(/\bby \(([^)]*)\)/g))
      for (const label of by.split(', ')) expect(labels, title).toContain(label);
    for (const [, label] of expr.matchAll(/[{,](\w+)(?:=|!=|=~|!~)"/g))
      expect(labels, title).toContain(label);
  }
});

test.skipIf(!hasPromtool)('promtool finds nothing wrong with the rules and the metrics', () => {
  const checked = spawnSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' });
  expect(checked.status, checked.stderr + checked.stdout).toBe(0);
  // Names of the process are the library's, and end in what promtool would have otherwise.
  const own = text.split(/(?=^# HELP )/m).filter((part) => !/^# HELP plantain_(process|nodejs)_/.test(part));
  const linted = spawnSync('promtool', ['check', 'metrics'], { input: own.join(''), encoding: 'utf8' });
  expect(linted.stderr + linted.stdout).toBe('');
  expect(linted.status).toBe(0);
});
