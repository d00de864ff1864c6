// For a POSIX shell with curl 7.74 or newer, and nothing else. It has no `exit`, which would close the terminal of who pastes it, and no
// comments, which an interactive zsh would run: its last command says how it ended.

import type { SubmitBody } from '@plantain/client';
import { shellWord, suffixOf, tasksPath } from './request-parts.ts';

export function curlCode(body: SubmitBody, baseUrl: string): string {
  const retry = '--retry 5 --retry-all-errors';
  return `tasks=${shellWord(baseUrl + tasksPath)}
key="Authorization: Bearer $PLANTAIN_API_KEY"
answer=$(curl -sS ${retry} "$tasks${suffixOf(body)}" \\
  -H "$key" -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s)-$$" \\
  --data-raw ${shellWord(JSON.stringify(body, null, 2))})
task_id=$(printf '%s' "$answer" | sed -nE 's/.*"data":[{]"task_id":"([^"]+)".*/\\1/p')

while [ -n "$task_id" ]; do
  answer=$(curl -sS ${retry} "$tasks/$task_id?wait=30&until=final" -H "$key")
  state=$(printf '%s' "$answer" | sed -nE 's/.*"data":[{]"task_id":"[^"]+","state":"([a-z]+)","data".*/\\1/p')
  case $state in pending | running) ;; *) break ;; esac
done

images=$(printf '%s' "$answer" | sed -nE 's/.*"state":"succeeded","data":[{]"images":\\[([^]]*)\\].*/\\1/p')
case $images in
  *'"file_name"'*)
    number=0
    saved=true
    for ending in $(printf '%s' "$images" | grep -oE '"file_name":"[^"]+"' | sed -E 's/.*\\.([a-z0-9]+)"/\\1/'); do
      number=$((number + 1))
      file=$task_id-$number.$ending
      if curl -fsS ${retry} "$tasks/$task_id/images/$number" -H "$key" -o "$file"; then echo "$file"; else saved=false; fi
    done
    $saved
    ;;
  *)
    printf '%s\\n' "$answer" >&2
    false
    ;;
esac
`;
}
