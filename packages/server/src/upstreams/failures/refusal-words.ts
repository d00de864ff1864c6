// Whether an error says that somebody's content was refused. Few upstreams have a code for it that they keep to, so words must do,
// and a word alone does not: `safety_tolerance must be between 0 and 6` speaks of the request. Pure; every expression is linear.
// Sources: errors as public bug reports quote them, of OpenAI, Azure, xAI, Google, Volcengine, Alibaba and gateways to them.

import { saysAccountClosed } from './account-words.ts';
import { plainName } from './plain-name.ts';

/** How much of a sentence is looked through. */
const maxWordsLength = 4_000;

/** Statuses whose sentence may be about content; with others it is about the key, the rate or a fault of the server. */
export const refusingStatuses: ReadonlySet<number> = new Set([400, 403, 422, 451]);

/** In codes, which are looked at in small letters and digits alone. */
const codes =
  /contentpolicy|policyviolation|responsibleai|contentfilter|contentmoderat|contentviolation|contentblocked|contentrejected|moderation(?:block|fail|reject|refus|flag)|^moderated$|safetyviolation|safetyblock|safetysystem|imagesafety|^safety$|sensitivecontent|sensitiveword|sensitiveinfo|riskdetect|datainspection|prohibitedcontent|contentprohibited|unsafegeneration|unsafecontent|nsfw|newsensitive|(?:input|output|prompt|request)moderat(?:ion|ed)$|risknotpass|inappropriate|^e005$/;

/** Of a few words. */
const shortRefusal =
  /newsensitive|^(?:input|output|prompt|content|image|request)moderat(?:ed|ion)$|risknotpass|sensitiveworderror|^nsfw$/;

/** Sentences that mean nothing else. */
const plain =
  /\b(?:safety|moderation)[ _]violations? {0,2}[=:]|(?:reject|refus|block|filter|flag|stopp|prevent|decline)\w{0,3} (?:as a result of|because of|due to|by|for|under|on) (?:\w+[ '’]{1,2}){0,4}(?:safety|moderation|content|polic|prohibited|unsafe|nsfw)|violat\w{0,4} (?:\S+ ){0,6}(?:polic|guideline|terms|rules|standards)|(?:content|usage|safety|use) (?:polic\w{1,3}|guidelines?) violation|not allowed by (?:\w+ ){0,2}safety|content management policy|failed check: safety|risk not pass|\b(?:request|content|prompt|image|input|output) (?:moderated|moderation failed)\b/i;

/** Words for what filters are about, and for what they do; one of each is needed. */
const subject =
  /safety|moderation|nsfw|not safe for work|content (?:polic|filter|restriction|guideline|rules|check)|usage (?:polic|guideline)|use policy|responsible ai|sensitive|unsafe|inappropriate|prohibited|disallowed|harmful|offensive|explicit|sexual|nudity|violence|hateful|self-harm|minors|public figure|copyright|third-party content/i;
const deed =
  /reject|refus|block|filtered|flag|violat|detect|not (?:allowed|permitted|comply|pass)|contain|against|denied|declin|trigger|withheld|removed|as a result of|due to|because|for safety|reasons|considered|deemed|can(?:not|['’]t| not) (?:be )?(?:generate|create|make|fulfil|process|help|assist|show)|fail(?:ed|s)? (?:the |our |a )?(?:content|safety|moderation|nsfw)|(?:was|were|content) found/i;
const chinese = /违规|违反|违禁|违法|敏感|审核|色情|涉黄|涉政|血腥|不安全|不合规|有害内容/;

/** Words that speak of a member of the request, or of a filter that could not be asked. */
const elsewhere =
  /\b(?:parameters?|arguments?|fields?|options?)\b|must be|should be|one of|\bbetween \d|valid (?:values?|integer|number)|unsupported value|extra inputs|unknown|unrecognized|参数|字段/i;
const outOfOrder =
  /unavailable|time[ds]?[ -]?out|overload|temporar|internal (?:server )?error|could not be reached|rate limit|too many requests|服务异常|服务繁忙|超时|不可用/i;

/**
 * Whether the content was refused. `words`: what the upstream said, without the prompt, which may well be about all of this.
 */
export function saysRefused({
  codes: told = [],
  words,
}: {
  codes?: readonly string[];
  words: string;
}): boolean {
  if (told.some(isRefusalCode)) return true;
  const said = words.slice(0, maxWordsLength);
  if (saysAccountClosed(said) || outOfOrder.test(said)) return false;
  if (plain.test(said)) return true;
  // Some have a code, or a word for the state, in the place of a sentence.
  if (said.trim().split(/\s+/, 5).length < 5 && shortRefusal.test(plainName(said, maxWordsLength)))
    return true;
  // The codes in a sentence are in capitals (`[IMAGE_SAFETY]`); what else has such a form is the name of a member.
  const names = said.match(/\w+/g)?.filter((word) => word.includes('_')) ?? [];
  if (names.some((name) => name === name.toUpperCase() && isRefusalCode(name))) return true;
  const rest = said.replaceAll(/\w+/g, (word) => (word.includes('_') ? ' ' : word));
  if (elsewhere.test(rest)) return false;
  // And in Python the names of errors, as `ContentPolicyViolationError`.
  if (rest.match(/\b(?:[A-Z][a-z]{1,30}){2,6}\b/g)?.some(isRefusalCode) === true) return true;
  return chinese.test(rest) || (subject.test(rest) && deed.test(rest));
}

function isRefusalCode(code: string): boolean {
  return codes.test(plainName(code, maxWordsLength));
}

/** Of a value that a member of the request may not have. */
const malformed =
  /invalid (?:input|value|type|option|argument|parameter)|input (?:was|is) invalid|(?:must|should) be (?:one of|between|at (?:least|most)|less|greater|in\b|an? )|(?:unknown|unexpected|unsupported|unrecognized|invalid) (?:\w+ )?(?:parameter|argument|option|field|keyword|value)|validation (?:error|failed)|参数(?:错误|无效|不合法)/i;

/** Whether the form of the request was refused. To be asked of words that `saysRefused` knows nothing of. */
export function saysMalformed(words: string): boolean {
  return malformed.test(words.slice(0, maxWordsLength));
}
