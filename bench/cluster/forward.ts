// Listens on an address, and passes each connection on to another one at the same port: `forward.ts LISTEN TARGET PORT`.

import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const [listen = '', target = '', port = ''] = process.argv.slice(2);

createServer((client) => {
  const server = connect(Number(port), target);
  pipeline(client, server, () => {});
  pipeline(server, client, () => {});
}).listen(Number(port), listen, () => console.log('listening'));
