// Faults of the upstreams, by the number in the prompt, so that a run can be looked at again.

/** How the first call of a task is answered; further calls of it are plain where `isOnce`. */
export interface Fault {
  name: string;
  isOnce: boolean;
  /** Milliseconds before the answer, or, of an operation, before it has its picture. */
  ms: number;
  /** How its task may end; one whose call nobody knows the outcome of may always fail by that. */
  ends: readonly string[];
}

const succeeds = ['succeeded'];
const kinds: readonly (Omit<Fault, 'ms'> & { share: number; from: number; to: number })[] = [
  { name: 'plain', isOnce: false, share: 62, from: 150, to: 700, ends: succeeds },
  { name: 'slow', isOnce: false, share: 12, from: 2_500, to: 4_500, ends: succeeds },
  { name: 'rate limited', isOnce: true, share: 2, from: 10, to: 20, ends: succeeds },
  { name: 'unavailable', isOnce: true, share: 6, from: 10, to: 50, ends: succeeds },
  { name: 'cut', isOnce: true, share: 5, from: 100, to: 400, ends: [...succeeds, 'upstream_unavailable'] },
  {
    name: 'cut within',
    isOnce: true,
    share: 4,
    from: 100,
    to: 400,
    ends: [...succeeds, 'upstream_unavailable'],
  },
  { name: 'refused', isOnce: false, share: 9, from: 50, to: 200, ends: ['content_rejected'] },
];
const shares = kinds.reduce((sum, { share }) => sum + share, 0);

/** Of the first call, or a later one. */
export function faultOf(number: number, isFirst: boolean): Fault {
  // Neighbours differ: 37 has no divisor in common with the sum of the shares.
  let point = (number * 37) % shares;
  const kind = kinds.find(({ share }) => (point -= share) < 0) ?? kinds[0]!;
  const { name, isOnce, ends, from, to } = isFirst || !kind.isOnce ? kind : kinds[0]!;
  return { name, isOnce, ends, ms: from + ((number * 7_919) % (to - from)) };
}

/** Every tenth task is for the model that one upstream with two places serves. */
export const modelOf = (number: number) => (number % 10 === 3 ? 'narrow-picture' : 'nano-banana-2.1');
