// Reads the preferences in `Accept`: https://www.rfc-editor.org/rfc/rfc9110.html#section-12.5.1

/**
 * Whether an HTML page is preferred, as browsers say it: HTML is named, and JSON has no greater weight. Programs that accept
 * anything, or send no preference, get no page.
 */
export function wantsHtml(accept: string | undefined): boolean {
  const weights = weightsOf(accept ?? '');
  const html = weights.get('text/html') ?? weights.get('text/*') ?? 0;
  const json = weights.get('application/json') ?? weights.get('application/*') ?? 0;
  return html > 0 && html >= json;
}

function weightsOf(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const value = weight === undefined ? 1 : Number(weight);
    weights.set(type, Math.max(weights.get(type) ?? 0, Number.isNaN(value) ? 1 : value));
  }
  return weights;
}
