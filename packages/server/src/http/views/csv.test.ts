import { expect, test } from 'vitest';
import { csvLine } from './csv.ts';

test('a line has commas between and a CRLF at its end, and quotes only where they are needed', () => {
  expect(csvLine(['a b', 3, null, undefined, ''])).toBe('a b,3,,,\r\n');
  expect(csvLine(['a,b', 'say "so"', 'two\nlines', 'c\rd'])).toBe(
    '"a,b","say ""so""","two\nlines","c\rd"\r\n',
  );
});

test('a text that a spreadsheet would run as a formula begins with an apostrophe, and numbers stay numbers', () => {
  const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1', '=HYPERLINK("http://a.example","x")'];
  expect(formulas.map((text) => csvLine([text]))).toEqual([
    "'=1+1\r\n",
    "'+1\r\n",
    "'-1\r\n",
    "'@SUM(A1)\r\n",
    "'\t=1\r\n",
    "'＝1\r\n",
    `"'=HYPERLINK(""http://a.example"",""x"")"\r\n`,
  ]);
  expect(csvLine([-3, 'a=1'])).toBe('-3,a=1\r\n');
});
