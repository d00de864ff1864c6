import { expect, test } from 'vitest';
import { defaultLimits } from './limit-settings.ts';
import { ConfigError, parseConfig } from './parse-config.ts';

const file = (text: string) => ({ name: 'plantain.yaml', text });

function faultsOf(...given: Parameters<typeof parseConfig>): readonly string[] {
  try {
    parseConfig(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('The settings were taken.');
}

test('nothing is limited unless it is set', () => {
  const none = { limits: {}, budget: null };
  expect(defaultLimits(parseConfig({}).config)).toEqual({ key: none, owner: none });
});

test('limits and budgets are read from the file, and from the environment as JSON', () => {
  const { config } = parseConfig(
    { PLANTAIN_KEY_LIMITS: '{"queries_per_minute": 600, "running": "4"}' },
    file('owner_budget: { period: month, amount_micro_usd: 5000000, time_zone: Europe/Berlin }'),
  );
  expect(defaultLimits(config)).toEqual({
    key: { limits: { queriesPerMinute: 600, running: 4 }, budget: null },
    owner: {
      limits: {},
      budget: { period: 'month', amountMicroUsd: 5_000_000, timeZone: 'Europe/Berlin' },
    },
  });
});

test.each([
  ['key_limits: { queries_per_day: 1 }', /^key_limits .*has no member queries_per_day; there are submits_/],
  ['key_limits: { running: -1 }', /^key_limits\.running .*must be at least 0/],
  ['key_limits: [1]', /^key_limits .*must hold "name: value" lines/],
  ['key_budget: { amount_micro_usd: 1 }', /^key_budget\.period .*must be one of day, month, total/],
  ['key_budget: { period: week, amount_micro_usd: 1 }', /^key_budget\.period .*must be one of day, month/],
  ['owner_budget: { period: day, amount_micro_usd: 0.5 }', /amount_micro_usd .*must be a whole number/],
  ['owner_budget: { period: day, amount_micro_usd: 1, time_zone: Mars }', /must be a time zone/],
])('a limit that can’t be is a fault: %s', (text, said) => {
  expect(faultsOf({}, file(text))).toEqual([expect.stringMatching(said)]);
});

test('text in the environment that is no JSON is a fault', () => {
  expect(faultsOf({ PLANTAIN_KEY_LIMITS: 'running=4' })).toEqual([
    expect.stringMatching(/^key_limits \(PLANTAIN_KEY_LIMITS\) must hold/),
  ]);
});
