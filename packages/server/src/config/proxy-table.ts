// Settings of proxies on the way out. Their variables are those that other programs read too.

import * as z from 'zod';
import type { Setting } from './setting.ts';
import { oneOf, proxyAddress } from './value-types.ts';

/** The environment has commas or spaces between entries. */
const entries = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter((entry) => entry !== '') : value),
  z.array(z.string('must be a list of hosts'), 'must be a list of hosts'),
);

export const proxyTable = {
  https_proxy: {
    schema: proxyAddress,
    variable: 'HTTPS_PROXY',
    otherVariable: 'https_proxy',
    secret: true,
    about:
      'Proxy for calls to upstreams by https, `http://user:password@host:port`; the variable may be in small letters too. Default: that of `http_proxy`. [Proxies on the way out](operating.md#proxies-on-the-way-out).',
  },
  http_proxy: {
    schema: proxyAddress,
    variable: 'HTTP_PROXY',
    otherVariable: 'http_proxy',
    secret: true,
    about: 'Proxy for calls to upstreams by http.',
  },
  no_proxy: {
    schema: entries,
    default: [],
    variable: 'NO_PROXY',
    otherVariable: 'no_proxy',
    about:
      'Hosts that are called without a proxy: names, with all names below them, addresses or networks, each with an optional port; `*` is all. This machine always is.',
  },
  link_proxy: {
    schema: oneOf('none', 'by_address', 'by_name'),
    default: 'none',
    about:
      'Whether links of users and webhooks go through the proxy too. `none`: directly. `by_address`: each name is looked up and checked here, and the proxy is asked for the address. `by_name`: the proxy is asked for the name, and it alone keeps links from inside hosts.',
  },
} as const satisfies Record<string, Setting>;
