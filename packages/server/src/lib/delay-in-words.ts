// Reads how long a server asks to be left alone out of its sentences: `Please retry in 7h12m3s.`, `"retryDelay": "3.2s"` within an
// error that it quotes, `try again after 20 seconds`. Only what follows words that ask is looked at, since limits have times too
// (`10 images in 24 hours`). The text, the places in it and what is read at each are bounded.

const maxTextLength = 20_000;
const maxPlaces = 50;
/** A day; whoever asks for more is confused. */
const longestMs = 86_400_000;

const units: readonly (readonly [names: string, ms: number])[] = [
  ['ms|millis|milliseconds?|毫秒', 1],
  ['s|secs?|seconds?|秒钟?', 1_000],
  ['m|mins?|minutes?|分钟?', 60_000],
  ['h|hrs?|hours?|小时', 3_600_000],
  ['d|days?|天', 86_400_000],
];
const unitNames = units.map(([names]) => `(${names})`).join('|');
const amount = new RegExp(String.raw`(\d{1,9}(?:\.\d{1,9})?)\s{0,3}(?:${unitNames})(?![a-z])`, 'iy');
/** Of one delay at most this many amounts, as in `1 hour, 5 minutes and 2 s`. */
const maxAmounts = 5;
const betweenAmounts = /\s{0,2},?\s{0,2}(?:and\s{1,2})?(?=\d)/iy;
/** ISO 8601, behind its `P`. */
const iso = /(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?/iy;
const moment =
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)|\d{1,2} [a-z]{3} \d{4} \d\d:\d\d:\d\d GMT/iy;
/** Without a unit only where a value ends: `retry after 3 attempts` asks for no delay. */
const bareNumber = /(\d{1,9}(?:\.\d{1,9})?)(?=\s{0,9}(?:["'\\,;.}\])]|nanos|$))/y;

/** Words that ask to wait, the plainest first: names of members, what to do, what will be. */
const askingWords: readonly RegExp[] = [
  /retry.?delay|retry.?after/gi,
  /retry(?:ing)?|again|wait(?:ing)?|come back|next request|请在|请等|稍等|等待/gi,
  /(?=\d{1,9}\s{0,3}(?:秒钟?|分钟?|小时|天)之?后)/g,
  /resets?|renewed|available|resumes?|cool.?down/gi,
];
/** From such a word to the first digit, within a sentence. */
const gapPattern = /[^\d.!?;]{0,48}/y;
/** How a gap ends between a word that asks and its delay, be it only with signs. */
const gapEnd =
  /(?:^|[^\p{L}])(?:in|after|for|within|about|approximately|around|least|another|is|of|at|on|until|time)?[^\p{L}]{0,9}$/iu;

/**
 * Milliseconds, at most a day; `undefined` where no delay is asked for, or one of no length. `now`: Unix milliseconds, for those
 * who name a moment.
 */
export function readDelayMs(text: string, now: number): number | undefined {
  const searched = text.slice(0, maxTextLength);
  for (const [index, words] of askingWords.entries()) {
    let places = 0;
    for (const match of searched.matchAll(words)) {
      const delayMs = delayAt(searched, match.index + match[0].length, { isName: index === 0, now });
      if (delayMs !== undefined) return delayMs;
      places += 1;
      if (places === maxPlaces) break;
    }
  }
  return undefined;
}

/** Milliseconds of a text that is nothing but a duration, such as `12.77s` or `PT1M`; `undefined` for any other, and for no time. */
export function readDurationMs(text: string): number | undefined {
  const trimmed = text.slice(0, 100).trim();
  const read = /^P/i.test(trimmed) ? isoAt(trimmed, 1) : amountsAt(trimmed, 0);
  return read?.end === trimmed.length ? asDelay(read.ms) : undefined;
}

function delayAt(
  text: string,
  place: number,
  { isName, now }: { isName: boolean; now: number },
): number | undefined {
  const gap = matchAt(gapPattern, text, place)?.[0] ?? '';
  const at = place + gap.length;
  if (!/^\d/.test(text.slice(at, at + 1))) return undefined;
  const isoStart = /PT?$/i.exec(gap)?.[0];
  const before = isoStart === undefined ? gap : gap.slice(0, -isoStart.length);
  if (!isName && !gapEnd.test(before)) return undefined;
  if (isoStart !== undefined) return asDelay(isoAt(text, place + before.length + 1)?.ms);
  const date = matchAt(moment, text, at);
  if (date !== null) return asDelay(Date.parse(date[0]) - now);
  const amounts = amountsAt(text, at);
  if (amounts !== undefined || !isName) return asDelay(amounts?.ms);
  const bare = Number(matchAt(bareNumber, text, at)?.[1]);
  return asDelay(bare * (/(?:^|[^a-z])m(?:s|illi)/i.test(gap) ? 1 : 1000));
}

function amountsAt(text: string, start: number): { ms: number; end: number } | undefined {
  let ms = 0;
  let end = start;
  for (let count = 0; count < maxAmounts; count += 1) {
    const from = count === 0 ? start : end + (matchAt(betweenAmounts, text, end)?.[0].length ?? 0);
    const found = matchAt(amount, text, from);
    if (found === null) break;
    const unit = found.slice(2).findIndex((name) => name !== undefined);
    ms += Number(found[1]) * (units[unit]?.[1] ?? 0);
    end = from + found[0].length;
  }
  return end === start ? undefined : { ms, end };
}

function isoAt(text: string, start: number): { ms: number; end: number } | undefined {
  const found = matchAt(iso, text, start);
  if (found === null || found[0] === '') return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return { ms: ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000, end: start + found[0].length };
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

function asDelay(ms = 0): number | undefined {
  return ms > 0 ? Math.min(Math.ceil(ms), longestMs) : undefined;
}
