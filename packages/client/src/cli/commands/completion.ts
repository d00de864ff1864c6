// `plantain completion`: scripts by which shells complete commands, options and files, made from the table of commands.

import { type Command, defineCommand, type OptionSpec } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** `commands` is a function, since this command is one of them. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    summary: 'print completion for a shell',
    usage: [`completion ${shells.join('|')}`],
    details: `bash:  plantain completion bash > ~/.local/share/bash-completion/completions/plantain
zsh:   plantain completion zsh > "\${fpath[1]}/_plantain"
fish:  plantain completion fish > ~/.config/fish/completions/plantain.fish`,
    options: {},
    actions: shells,
    async run({ positionals }, { terminal }) {
      const shell = shells.find((name) => name === positionals[0]);
      if (shell === undefined || positionals.length > 1)
        throw new UsageError(`completion takes one of ${shells.join(', ')}.`, 'completion');
      terminal.data({ bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands()));
      return codeOf('ok');
    },
  });
}

const longOptions = ({ options }: Command) => Object.keys(options).map((name) => `--${name}`);

/** `-o` and `--output` of one option. */
const spellings = (name: string, { short }: OptionSpec) => [
  `--${name}`,
  ...(short === undefined ? [] : [`-${short}`]),
];

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const values = Object.entries(command.options).flatMap(([name, option]) => {
      if (option.type === 'boolean') return [];
      const action =
        option.choices === undefined
          ? option.isPath === true
            ? 'return'
            : 'COMPREPLY=(); compopt +o default; return'
          : `words='${option.choices.join(' ')}'`;
      return [`      ${spellings(name, option).join('|')}) ${action} ;;`];
    });
    const words = longOptions(command).join(' ');
    const plainWords =
      command.actions === undefined
        ? ''
        : `; [[ $cur != -* && $COMP_CWORD == 2 ]] && words='${command.actions.join(' ')}'`;
    return `    ${command.name})
      [[ $cur == -* ]] && words='${words}'${plainWords}
      case $prev in
${values.join('\n')}
      esac ;;`;
  });
  return `# bash completion for plantain
_plantain() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=''
  if (( COMP_CWORD == 1 )); then words='${commands.map(({ name }) => name).join(' ')}'
  else case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac; fi
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _plantain plantain`;
}

/** Within single quotes, and within the brackets of zsh's own notation. */
const quoted = (text: string) => text.replaceAll("'", '’').replaceAll(/[[\]:]/g, String.raw`\$&`);

function zshScript(commands: readonly Command[]): string {
  const names = commands.map(({ name, summary }) => `'${name}:${quoted(summary)}'`).join(' ');
  const cases = commands.map((command) => {
    const options = Object.entries(command.options).flatMap(([name, option]) =>
      spellings(name, option).map((spelling) => {
        const values =
          option.choices === undefined
            ? option.isPath === true
              ? '_files'
              : ''
            : `(${option.choices.join(' ')})`;
        const value = option.type === 'boolean' ? '' : `:${option.value ?? 'VALUE'}:${values}`;
        return `'${option.multiple === true ? '*' : ''}${spelling}[${quoted(option.about)}]${value}'`;
      }),
    );
    const first = command.actions === undefined ? [] : [`'1:action:(${command.actions.join(' ')})'`];
    return `    ${command.name}) _arguments ${[...options, ...first, "'*:file:_files'"].join(' ')} ;;`;
  });
  return `#compdef plantain
_plantain() {
  if (( CURRENT == 2 )); then
    local -a commands=(${names})
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _plantain plantain`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => {
    const seen = `-n '__fish_seen_subcommand_from ${command.name}'`;
    const options = Object.entries(command.options).map(([name, option]) => {
      const short = option.short === undefined ? '' : ` -s ${option.short}`;
      const value = option.type === 'boolean' ? '' : option.isPath === true ? ' -r -F' : ' -x';
      const choices = option.choices === undefined ? '' : ` -a '${option.choices.join(' ')}'`;
      return `complete -c plantain ${seen} -l ${name}${short}${value}${choices} -d '${quoted(option.about)}'`;
    });
    const actions =
      command.actions === undefined ? [] : [`complete -c plantain ${seen} -a '${command.actions.join(' ')}'`];
    return [
      `complete -c plantain -n __fish_use_subcommand -f -a ${command.name} -d '${quoted(command.summary)}'`,
      ...options,
      ...actions,
    ];
  });
  return ['# fish completion for plantain', ...lines].join('\n');
}
