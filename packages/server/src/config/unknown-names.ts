// Names that look like settings and are none. A misspelt setting must not be without effect, so each is a fault that says which
// setting may be meant.

import { distance } from 'fastest-levenshtein';
import { type SettingName, settings, variableOf } from './settings.ts';

/**
 * Variables that begin like settings and are read elsewhere: by the command line that finds the file, and by the client, whose guides
 * have people export them in the shell from which the server is started too.
 */
const otherVariables = new Set(['PLANTAIN_CONFIG', 'PLANTAIN_URL', 'PLANTAIN_API_KEY']);
const prefix = 'PLANTAIN_';
const names = Object.keys(settings) as SettingName[];
const variables = new Set(names.flatMap((name) => variableOf(name) ?? []));
/** Characters that a name may differ in and still be taken for a misspelling. */
const maxDifferences = 3;

/** A fault for each such variable, and for each such name in the file. */
export function unknownNames(
  environment: Readonly<Record<string, string | undefined>>,
  fromFile: Readonly<Record<string, unknown>>,
  fileName = '',
): string[] {
  const inEnvironment = Object.keys(environment).filter(
    (name) => name.startsWith(prefix) && !variables.has(name) && !otherVariables.has(name),
  );
  const inFile = Object.keys(fromFile).filter((name) => !Object.hasOwn(settings, name));
  return [
    ...inEnvironment.map((name) => faultOf(name, name, [...variables, ...otherVariables])),
    ...inFile.map((name) => faultOf(name, `${name} (${fileName})`, names)),
  ];
}

function faultOf(name: string, shown: string, choices: readonly string[]): string {
  const meant = nearest(name, choices);
  const question = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `${shown} is not a setting${question === '' ? '; docs/settings.md lists them' : question}`;
}

/** The choice that the name is most likely meant for; `undefined` where it resembles none. */
function nearest(name: string, choices: readonly string[]): string | undefined {
  const given = bare(name);
  // Nobody mistypes that much, and the work grows with it.
  if (given.length > 60) return undefined;
  const most = Math.min(maxDifferences, Math.floor(given.length / 2));
  return choices
    .map((choice) => ({ choice, apart: distance(given, bare(choice)) }))
    .filter(({ apart }) => apart <= most)
    .toSorted((one, other) => one.apart - other.apart)[0]?.choice;
}

/** A setting has one name in the environment and another in the file, and is often written in the place of the other. */
function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/^plantain_/, '')
    .replaceAll(/[-_.]/g, '');
}
