// A map whose keys are texts that are made anew for each look-up, as an id cut out of a URL is. A `Map` of V8 first internalizes such a key,
// which costs a microsecond: a twentieth of a status query.

interface Node<Value> {
  readonly key: string;
  value: Value;
  next: Node<Value> | undefined;
}

/** Number of characters at a key's end that choose its chain. */
const tailLength = 8;

/**
 * Map by text. Keys that end alike share a chain, which is searched from its start: the ends must be random, and nobody else's choice.
 */
export class TextMap<Value> {
  readonly #chains = new Map<number, Node<Value>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Value | undefined {
    return this.#find(key)?.value;
  }

  set(key: string, value: Value): void {
    const known = this.#find(key);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    const chain = chainOf(key);
    this.#chains.set(chain, { key, value, next: this.#chains.get(chain) });
    this.#size += 1;
  }

  delete(key: string): void {
    const chain = chainOf(key);
    let before: Node<Value> | undefined;
    let node = this.#chains.get(chain);
    while (node !== undefined && node.key !== key) [before, node] = [node, node.next];
    if (node === undefined) return;
    if (before !== undefined) before.next = node.next;
    else if (node.next !== undefined) this.#chains.set(chain, node.next);
    else this.#chains.delete(chain);
    this.#size -= 1;
  }

  clear(): void {
    this.#chains.clear();
    this.#size = 0;
  }

  #find(key: string): Node<Value> | undefined {
    let node = this.#chains.get(chainOf(key));
    while (node !== undefined && node.key !== key) node = node.next;
    return node;
  }
}

function chainOf(key: string): number {
  let sum = 0;
  for (let index = Math.max(0, key.length - tailLength); index < key.length; index += 1)
    sum = (Math.imul(sum, 31) + key.charCodeAt(index)) | 0;
  return sum;
}
