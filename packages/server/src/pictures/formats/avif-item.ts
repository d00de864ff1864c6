// An item of an AVIF or a HEIC (ISO/IEC 23008-12): a picture, or a part of one.

import type { Buffer } from 'node:buffer';
import type { Box } from './iso-boxes.ts';

export interface AvifItem {
  id: number;
  /** Such as `av01`, a picture, or `grid`, which is made of others. */
  type: string;
  /** It is there for others only. */
  isHidden: boolean;
  /** In their order. */
  properties: Box[];
  /** The items that this one points at, by the kind of the reference. */
  references: { kind: string; to: number[] }[];
  extents: Extent[];
}

interface Extent {
  source: Buffer;
  start: number;
  /** 0: up to the end. */
  length: number;
}
