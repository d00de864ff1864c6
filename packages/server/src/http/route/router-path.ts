// Paths as the reference has them, with members in braces, and as the router takes them.

/**
 * Path for the router. A member with a pattern takes no other value, and something may then follow it in its segment, such as the method of
 * `/models/{model}:generateContent`.
 */
export function routerPath(path: string, params: Readonly<Record<string, { pattern?: string }>>): string {
  return path
    .replaceAll(':', '::')
    .replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) =>
        `:${name}${params[name]?.pattern === undefined ? '' : `(${params[name].pattern})`}`,
    );
}

/** A member in a path of the router, with its pattern where it has one, or a colon that stands for itself. Patterns have no dots. */
const memberOrColon = /::|:(\w+)(\([^()]*\))?/g;

/** Path of the router with its members in braces. */
export function shownPath(url: string): string {
  return url.replaceAll(memberOrColon, (_, name: string | undefined) =>
    name === undefined ? ':' : `{${name}}`,
  );
}

/** Source of an expression for the paths that the router takes here. */
export function pathPattern(url: string): string {
  return url
    .replaceAll('.', '\\.')
    .replaceAll(memberOrColon, (_, name: string | undefined, pattern = '[^]+') =>
      // The router looks at one segment, with %2F as the slash that it stands for.
      name === undefined ? ':' : String(pattern).replaceAll('[^', '[^/'),
    );
}
