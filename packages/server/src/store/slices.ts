// Many new tasks in slices. A batch may have a hundred megabytes, of which turning them into text at once takes a quarter of a second.

/** Characters of the tasks' requests. */
const sliceLength = 262_144;

/** Makes rows of tasks, a slice when it is asked for. */
export function* sliced<Task, Row extends { request: string }>(
  tasks: Iterable<Task>,
  toRow: (task: Task) => Row,
): Generator<Row[], undefined> {
  let slice: Row[] = [];
  let length = 0;
  for (const task of tasks) {
    const row = toRow(task);
    slice.push(row);
    length += row.request.length;
    if (length < sliceLength) continue;
    yield slice;
    slice = [];
    length = 0;
  }
  if (slice.length > 0) yield slice;
}
