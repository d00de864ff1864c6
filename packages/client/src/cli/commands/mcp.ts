// `plantain mcp`: the tools of the Model Context Protocol on stdin and stdout.

import packageJson from '../../../package.json' with { type: 'json' };
import { defineCommand } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';

export const mcp = defineCommand({
  name: 'mcp',
  summary: 'serve the tools of the Model Context Protocol on stdio',
  usage: ['mcp'],
  details: `For programs that start it, such as an editor or a chat. In their settings:
  {"mcpServers": {"plantain": {"command": "plantain", "args": ["mcp"]}}}`,
  options: {},
  async run({ positionals }, { terminal, connect, signal }) {
    if (positionals.length > 0) throw new UsageError('mcp takes no arguments.', 'mcp');
    const { url, apiKey = '' } = await connect();
    // Only here, so that no other command loads the protocol's package.
    const { serveTools } = await import('../../mcp/stdio.ts');
    await serveTools(
      { baseUrl: url, apiKey, version: packageJson.version, stopping: signal },
      terminal.stdin,
    );
    return codeOf('ok');
  },
});
