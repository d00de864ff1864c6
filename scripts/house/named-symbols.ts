// Finds symbols in documents that no source has. A word in camelCase or PascalCase is taken for a symbol; settings,
// members of the API and headers are written in other ways.

import ts from 'typescript';
import { codeWords, isAboutTheCode, type Page } from './documents.ts';
import type { Finding } from './finding.ts';
import type { Source } from './sources.ts';

const named = /^[\w$]+(?:\.[\w$]+)*(?:\([^()]*\))?$/;
const symbol = /^(?:[a-z][a-z0-9]*[A-Z]\w*|(?:[A-Z][a-z0-9]+){2,})$/;

/** A name that stands for any, and a member of `package.json`. */
const isNoSymbol = new Set(['createX', 'allowScripts']);

/** Gives every identifier that the sources and the support of tests have, and the words of their strings. */
export function wordsOfSources(sources: Source[]): Set<string> {
  const words = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) words.add(node.text);
    else if (ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node))
      for (const word of node.text.match(/\w+/g) ?? []) words.add(word);
    ts.forEachChild(node, visit);
  };
  for (const { path, tree } of sources) if (!path.includes('.test.')) visit(tree);
  return words;
}

/** `words` is what `wordsOfSources` gives. */
export function findUnknownSymbols({ path, text }: Page, words: Set<string>): Finding[] {
  // Other pages name symbols of other programs too. That of the client names the client's.
  if (!isAboutTheCode(path) && path !== 'docs/client.md') return [];
  return codeWords(text)
    .filter(({ word }) => named.test(word))
    .flatMap(({ word, line }) =>
      word
        .replace(/\(.*/, '')
        .split('.')
        .filter((name) => symbol.test(name) && !words.has(name) && !isNoSymbol.has(name))
        .map((name) => ({
          key: `${path}: ${name}`,
          message: `${path}:${line} names ${name}, which no source has.`,
        })),
    );
}
