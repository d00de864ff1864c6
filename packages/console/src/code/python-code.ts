// For Python 3.8 or newer, with nothing installed.

import type { SubmitBody } from '@plantain/client';
import { literal, suffixOf, tasksPath } from './request-parts.ts';

export function pythonCode(body: SubmitBody, baseUrl: string): string {
  return `import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

tasks = ${JSON.stringify(baseUrl + tasksPath)}
key = os.environ.get("PLANTAIN_API_KEY", "")
body = ${literal(body)}


# A call that breaks off is tried again. The server makes the task once, by its idempotency key.
def call(path, data=None, **headers):
    headers = {"Authorization": "Bearer " + key, **{name.replace("_", "-"): headers[name] for name in headers}}
    for left in range(5, -1, -1):
        try:
            request = urllib.request.Request(tasks + path, data, headers)
            with urllib.request.urlopen(request, timeout=90) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if left == 0 or error.code not in (429, 502, 503, 504):
                sys.exit(error.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            if left == 0:
                sys.exit(str(error))
        time.sleep(2)


submitted = call(
    ${JSON.stringify(suffixOf(body))},
    json.dumps(body).encode(),
    Content_Type="application/json",
    Idempotency_Key=str(uuid.uuid4()),
)
task_id = json.loads(submitted)["data"]["task_id"]

while True:
    task = json.loads(call(f"/{task_id}?wait=30&until=final"))["data"]
    if task["state"] not in ("pending", "running"):
        break
if task["state"] != "succeeded":
    sys.exit(task["msg"])

for number, image in enumerate(task["data"]["images"], 1):
    file = f"{task_id}-{number}." + image["file_name"].split(".")[-1]
    with open(file, "wb") as picture:
        picture.write(call(f"/{task_id}/images/{number}"))
    print(file)
`;
}
