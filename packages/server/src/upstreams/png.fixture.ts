// Test support: the smallest picture that a test needs.

import type { Picture } from '../core/upstreams/upstream.ts';

/** A yellow PNG of 16 by 16 pixels. */
export const smallPng = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAAA1BMVEX00D8i6Q70AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADUlEQVQY02NgGAXIAAABEAAB7JfjegAAAABJRU5ErkJggg==',
  'base64',
);

export const smallPicture: Picture = { bytes: smallPng, contentType: 'image/png', width: 16, height: 16 };
