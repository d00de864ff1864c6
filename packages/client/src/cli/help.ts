// Text of `plantain help`, made from the table of commands and the list of exit codes.

import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { tableText } from './task-text.ts';

export function generalHelp(commands: readonly Command[], version: string): string {
  const rows = commands.map(({ name, summary }) => [`  ${name}`, summary]);
  const codes = Object.values(exitCodes).map(([code, meaning]) => [`  ${code}`, meaning]);
  return `plantain ${version}: pictures from prompts, by a Plantain server

Usage: plantain COMMAND [arguments]
       plantain help [COMMAND]
       plantain --version

${tableText(rows).join('\n')}

Data goes to stdout and talk to stderr; --json makes the data JSON.
The server and the key come from PLANTAIN_URL and PLANTAIN_API_KEY, else from "plantain login".

Exit codes:
${tableText(codes).join('\n')}`;
}

export function commandHelp({ usage, summary, options, details }: Command): string {
  const rows = [
    ...Object.entries(options).map(([name, { short, value, about }]) => {
      const both = `${short === undefined ? '    ' : `-${short}, `}--${name}`;
      return [`  ${both}${value === undefined ? '' : ` ${value}`}`, about];
    }),
    ['      --help', 'print this'],
  ];
  const lines = [
    ...usage.map((line, index) => `${index === 0 ? 'Usage:' : '      '} plantain ${line}`),
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    ...tableText(rows),
    ...(details === undefined ? [] : ['', details]),
  ];
  return lines.join('\n');
}
