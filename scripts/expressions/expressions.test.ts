import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { collectExpressions, type FoundExpression } from './collect.ts';
import { countSteps, maxSteps } from './count-steps.ts';
import { treeOf } from './expression-tree.ts';
import { type HostileText, hostileTexts } from './hostile-texts.ts';

const textOf = ({ before, repeated, behind }: HostileText, length: number): string =>
  before + repeated.repeat(Math.ceil(length / repeated.length)) + behind;

/**
 * `slow`: a text whose search grows faster than it does: four times as long, it takes far more than four times as many steps.
 * `worst`: the one that takes the most steps.
 */
function examine(source: string, flags: string): { slow?: HostileText; worst?: HostileText } {
  const tree = treeOf(source, flags);
  const stepsEach = (text: string) => {
    const steps = countSteps(tree, text, flags);
    return steps > maxSteps ? Infinity : steps / text.length;
  };
  const grows = (text: HostileText, length: number, steps = stepsEach(textOf(text, length * 4))) =>
    steps > length / 4 && (steps === Infinity || steps > stepsEach(textOf(text, length)) * 2);
  let worst: { text: HostileText; steps: number } | undefined;
  for (const text of hostileTexts(tree, source)) {
    const steps = stepsEach(textOf(text, 200));
    if (grows(text, 50, steps) && grows(text, 200)) return { slow: text };
    if (steps > (worst?.steps ?? 0)) worst = { text, steps };
  }
  return worst === undefined ? {} : { worst: worst.text };
}

test('texts are found that known bad expressions are slow with, and none for good ones', () => {
  const bad = [
    String.raw`^(?:\s|<!--[^]*?-->)*<svg`,
    String.raw`(?:a+)+$`,
    String.raw`^(?:\w|a)*!`,
    String.raw`\s+$`,
    String.raw`\/+$`,
    String.raw`^\s*(.*?)\s*$`,
    String.raw`\[\[.*?\]\]`,
    String.raw`^a*b?a*c`,
    String.raw`\b(?:key|token)\b[^.]*expired`,
    String.raw`(?=.*x)y`,
  ];
  expect(bad.filter((source) => examine(source, '').slow === undefined)).toEqual([]);
  const good = [
    String.raw`^\s*data:`,
    String.raw`(?<!\/)\/+$`,
    String.raw`\[\[[^[\]]*\]\]`,
    String.raw`^(?:a|b)*c$`,
    String.raw`\b\w+\b`,
  ];
  expect(good.filter((source) => examine(source, '').slow !== undefined)).toEqual([]);
});

const { written, building } = collectExpressions();

/** Gives the expressions that a module makes of strings while it is loaded. */
async function builtBy(file: string, load: () => Promise<unknown>): Promise<FoundExpression[]> {
  const built: FoundExpression[] = [];
  const Usual = RegExp;
  class Recording extends Usual {
    constructor(source: string | RegExp, flags?: string) {
      super(source, flags);
      built.push({ place: file, source: this.source, flags: this.flags });
    }
  }
  vi.stubGlobal('RegExp', Recording);
  await load();
  vi.unstubAllGlobals();
  return built;
}

const paths = 'packages/server/src/http/refusals/known-paths.ts';
const expressions = [
  ...written,
  ...(await builtBy(
    'packages/console/src/pages/webhooks/server-sentences.ts',
    () => import('../../packages/console/src/pages/webhooks/server-sentences.ts'),
  )),
  ...(await builtBy(
    'packages/server/src/lib/delay-in-words.ts',
    () => import('../../packages/server/src/lib/delay-in-words.ts'),
  )),
  // Of the path of a route, when it is made.
  { place: paths, source: String.raw`^\/api\/gemini\/nano-banana\/[^/]+\/images\/[^/]+\/*$`, flags: '' },
];

test('each expression that is built of strings is known here', () => {
  expect(new Set(building)).toEqual(
    new Set(expressions.filter((each) => !written.includes(each)).map(({ place }) => place)),
  );
});

test.each(expressions)(
  '$place takes steps that grow with the text and no faster: $source',
  ({ source, flags }) => {
    const { slow, worst } = examine(source, flags);
    expect(slow).toBeUndefined();
    if (worst === undefined) return;
    // And so the engine sees it. It takes milliseconds; the limit says which expression it was, where it would never end.
    const context = { text: textOf(worst, 65_536), expression: new RegExp(source, flags) };
    expect(runInNewContext('text.search(expression)', context, { timeout: 20_000 })).toBeTypeOf('number');
  },
);
