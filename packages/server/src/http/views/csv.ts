// Lines of CSV, as RFC 4180 has it.

/**
 * Beginnings by which spreadsheets take a text for a formula, and would run it; those of full width too.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const formula = /^[=+\-@＝＋－＠\t\r\n]/u;

/** Makes a line with its end. Texts that would be formulas begin with an apostrophe, by which a spreadsheet takes them for texts. */
export function csvLine(values: readonly (string | number | null | undefined)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const plain = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
