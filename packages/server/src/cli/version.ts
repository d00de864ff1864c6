// The version, from the one place that has it.

import packageJson from '../../package.json' with { type: 'json' };

export const { version } = packageJson;
