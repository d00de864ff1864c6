// The sentences in which the server says why a message did not arrive or an endpoint is off, and the same in Chinese. It has no codes
// for them, but there are few: one that is not here is shown as it is. scripts/webhook-sentences.test.ts holds that the server has each.

/** `{name}` stands for a value that the server puts there; `{sentence}` for another of its sentences. */
export const sentencesZh: Readonly<Record<string, string>> = {
  'Its owner switched it off.': '由所有者停用。',
  'The endpoint was deleted.': '端点已被删除。',
  'The endpoint was switched off. {sentence}': '端点已停用。{sentence}',
  'The record of the task was deleted before the delivery succeeded.': '任务记录在送达之前已被删除。',
  'No delivery has succeeded for {hours} hours. The last one: {sentence}':
    '连续 {hours} 小时没有一次投递成功。最近一次：{sentence}',
  'The receiver answered {status}.': '接收方返回了 {status}。',
  'The receiver answered 410: it wants no more of these.': '接收方返回了 410：不再需要这些消息。',
  'The receiver answered {status}; redirects are not followed. Give the URL that it leads to.':
    '接收方返回了 {status}。服务器不跟随重定向，请直接填写最终的 URL。',
  'The server at {host} took too long.': '{host} 没有及时响应。',
  'The server at {host} did not answer with valid HTTP.': '{host} 的响应不是有效的 HTTP。',
  'The connection to {host} failed or broke off.': '无法连接 {host}，或连接中断。',
  'There is no host named {host}.': '主机 {host} 不存在。',
  'The link at {host} was not fetched: its port is not one that links may use. The operator of this server can change that in link_ports, or list the host with its port in allowed_private_hosts.':
    '没有调用 {host}：它的端口不在允许的端口之列。服务器管理员可以在 link_ports 中更改，或者在 allowed_private_hosts 中加入该主机及其端口。',
  'The link at {host} was not fetched: it leads to an address that is not allowed. Only the public internet is called, and hosts that the operator of this server listed in allowed_private_hosts, with their ports.':
    '没有调用 {host}：它的地址不被允许。服务器只调用公网地址，以及管理员列在 allowed_private_hosts 中的主机及其端口。',
  'The link at {host} was not fetched: the proxy of this server gave no answer.':
    '没有调用 {host}：这台服务器的代理没有响应。',
  'The link at {host} was not fetched: the proxy of this server answered {status}.':
    '没有调用 {host}：这台服务器的代理返回了 {status}。',
  'No trusted TLS connection to {host} could be made.': '无法与 {host} 建立可信的 TLS 连接。',
};

/** The sentence in Chinese; `undefined` for one that is not known. */
export function inChinese(sentence: string): string | undefined {
  for (const { pattern, chinese } of patterns) {
    const groups = pattern.exec(sentence)?.groups;
    if (groups === undefined) continue;
    const { sentence: inner, ...values } = groups;
    const innerChinese = inner === undefined ? '' : inChinese(inner);
    if (innerChinese === undefined) continue;
    const all = new Map([...Object.entries(values), ['sentence', innerChinese]]);
    return chinese.replaceAll(/\{(\w+)\}/g, (whole, name: string) => all.get(name) ?? whole);
  }
  return undefined;
}

const patterns = Object.entries(sentencesZh).map(([english, chinese]) => {
  const source = english
    .replaceAll('.', String.raw`\.`)
    .replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) => `(?<${name}>${name === 'sentence' ? '.+' : String.raw`\S+`})`,
    );
  // The empty group is for sentences that have no other: what matches has groups.
  return { pattern: new RegExp(`^${source}(?<end>)$`), chinese };
});
