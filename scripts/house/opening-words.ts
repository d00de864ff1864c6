// Finds comments that don't begin with what they document. One that opens with "The same" needs its neighbour to be
// understood, and one that opens with "What" or "Who" has no subject.

import { basename } from 'node:path';
import { commentsOf } from './comments.ts';
import type { Finding } from './finding.ts';
import type { Source } from './sources.ts';

const opening =
  /^(?:The (?:very )?same|What|Whatever|Who|Whoever|Whom|Whose|Which|As what|As whom|That which|Those|All that)\b/;

export function findOpeningWords({ path, tree }: Source): Finding[] {
  return commentsOf(tree).flatMap(({ line, text }) => {
    const [words] = opening.exec(text) ?? [];
    if (words === undefined) return [];
    return [
      {
        key: basename(path),
        message: `${path}:${line} begins with "${words}": begin with a noun or a verb of the thing documented.`,
      },
    ];
  });
}
