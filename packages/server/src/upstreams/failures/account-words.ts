// Words of an upstream about the account behind a key: its credit, its day, the models that it may use. Each server has codes of its own
// for these, and sentences that are much alike. Pure; every expression is linear.
// Sources: those of openai/meanings.ts; fal's and Replicate's errors in public logs.

/** How much of a sentence is looked through. */
const maxWordsLength = 4_000;

/** Each of these takes a sentence or a code, without the prompt, which may well be about money. */
const says = (pattern: RegExp) => (words: string) => pattern.test(words.slice(0, maxWordsLength));

export const saysNoCredit = says(
  /\binsufficient[ _](?:user[ _]|account[ _]|token[ _])?(?:quota|balance|credits?|funds|points?)|\b(?:quota|balance|credits?|funds|points) (?:is |are |was )?(?:not enough|insufficient|exhausted|depleted|used up|too low)|\bnot enough (?:quota|balance|credits?|funds|points)|\bexhausted balance|\bout of credits?\b|\boverdue balance|\bspend(?:ing)?[ -](?:caps?|limits?)\b|n['’]t have any (?:\w{1,20} ){0,2}credits?\b|\bbudget[ _](?:has been |was |is )?exceeded|\bexceeded (?:your |the )?(?:\w{1,20} )?budget\b|\bfree (?:tier|quota|trial)(?: of \S{1,40} model)? (?:has been |is |was )?(?:exhausted|used up|over)\b|\bkey usage exceeds|余额不足|额度不足|额度已用[尽完]|预扣费额度失败|配额不足|点数不足|积分不足|欠费|请充值|充值后/i,
);
/** Of a limit; in another sentence than one of status 429 the words may mean anything. */
export const saysPerDay = says(
  /\bper day\b|\bdaily\b|\/ ?day\b|\b[RIT]PD\b|(?:今日|今天|每日|每天|当日).{0,12}(?:额度|配额|次数|上限|限额)/i,
);
export const saysModelUnknown = says(
  /\bmodel (?:(?=[a-z]{0,100}[^a-z\s])\S{1,100} )?(?:does not exist|doesn['’]t exist|(?:was |is |could )?not (?:be )?found)|\b(?:unknown|no such) model\b|\binvalid model (?:name|id)\b|模型[^，。]{0,60}不存在/i,
);
/** Tells whether the words say that the account, or this key of it, is served no more. */
export const saysAccountClosed = says(
  /\b(?:account|organi[sz]ation|user|team|project|key|access)\b[^.!?]{0,60}(?:suspend|deactivat|disabl|bann|terminat|restrict)|\b(?:account|organi[sz]ation|team) (?:has |was |is )(?:been )?(?:\w{1,20} )?(?:block|flagg|lock|clos|frozen)|(?:账号|账户|帐号|用户|令牌|密钥)\S{0,20}(?:封|禁)/i,
);
/** Whether it is the account that may not use the model, so that another key may well do, and this one for other models. */
export const saysModelForbidden = says(
  /must be verified to use|\b(?:not|n['’]t|no) (?:have )?access to (?:the |this )?model|\bnot (?:allowed|permitted|authori[sz]ed|entitled) to (?:\w{1,20} ){0,3}model|can only access models|\bmodel (?:\S{1,100} )?(?:is )?not (?:available|enabled|allowed|included) (?:in|on|for|to|with) (?:your|this)|无权(?:访问|使用).{0,10}模型|没有.{0,10}模型.{0,10}权限/i,
);
