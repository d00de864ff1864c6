// Names of members of an answer, as servers write one name in many ways: `task_id`, `taskId`, `TaskID`.

const maxNameLength = 40;

/** The name in small letters and digits alone. `most`: how many of its signs are read. */
export function plainName(name: string, most = maxNameLength): string {
  return name
    .slice(0, most)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
}
