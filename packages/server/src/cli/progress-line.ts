// A line that says how far a long command has come: written over and over in a terminal, and now and then elsewhere.

import type { MoveListener } from '../composition/migrate-data.ts';

const terminalMs = 200;
const elsewhereMs = 5_000;

export interface ProgressLine {
  /** Shows a text, unless another was shown just now. */
  print(text: string): void;
  show: MoveListener['onProgress'];
  showPictures: MoveListener['onPictures'];
  end(): void;
}

export function createProgressLine(
  output: { isTTY?: boolean; write(text: string): unknown },
  now: () => number = () => performance.now(),
): ProgressLine {
  const isTerminal = output.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let isOpen = false;
  let step = { name: '', since: 0, rows: 0 };

  function print(text: string): void {
    if (now() - shownAt < (isTerminal ? terminalMs : elsewhereMs)) return;
    shownAt = now();
    output.write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
    isOpen = isTerminal;
  }

  /** Rows a second since the step began. */
  function rateOf(name: string, rows: number): string {
    if (name !== step.name) step = { name, since: now(), rows };
    const seconds = (now() - step.since) / 1000;
    return seconds < 1 ? '' : `, ${Math.round((rows - step.rows) / seconds).toLocaleString('en')} a second`;
  }

  return {
    print,
    show({ doing, table, rows, of }) {
      const rate = rateOf(`${doing} ${table}`, rows);
      const done = doing === 'copy' ? 'copied' : 'compared';
      print(`${table}: ${rows.toLocaleString('en')} of ${of.toLocaleString('en')} rows ${done}${rate}`);
    },
    showPictures({ pictures, bytes }) {
      print(
        `pictures: ${pictures.toLocaleString('en')} copied, ${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`,
      );
    },
    end() {
      if (isOpen) output.write('\n');
      isOpen = false;
    },
  };
}
