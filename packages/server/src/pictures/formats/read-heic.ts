// Gives the pixels of a HEIC, with libheif-js: libheif and libde265 as WebAssembly, under the LGPL-3.0. Runs in a thread: 12
// megapixels take 0.9 s and 95 MB, 48 take 3.2 s and 375 MB. WebAssembly's memory never shrinks, so a large one is let go.

/* oxlint-disable no-underscore-dangle -- so are the functions of C called */

import type { Libheif } from 'libheif-js/libheif-wasm/libheif-bundle.js';
import { writePlainTiff } from './plain-tiff.ts';

/** `heif_colorspace_RGB`, `heif_chroma_interleaved_RGB` and `_RGBA`, `heif_channel_interleaved` of libheif's heif_image.h. */
const rgb = 1;
const chromaOf = { 3: 10, 4: 11 } as const;
const interleaved = 10;
/** Where `max_image_size_pixels`, of 64 bits, stands in libheif's `heif_security_limits`. */
const maxPixelsAt = 8;
/** For a `heif_error` of 12 bytes, and two numbers. */
const scratchBytes = 32;
const keptMemoryBytes = 64 * 1024 * 1024;
/** A tile may reach beyond a small picture. */
const [maxWork, smallPixels] = [4, 65_536];

let loaded: Libheif | undefined;

/**
 * A TIFF of the picture as it is shown, turned and cut as its file says; `null` where it can't be decoded, has more than
 * `maxPixels`, or a part of far more; `absent` where the decoder can't be loaded. `profile` is written into what comes out.
 */
export async function readHeic(
  file: Uint8Array,
  { profile, maxPixels }: { profile: Uint8Array | undefined; maxPixels: number },
): Promise<Uint8Array<ArrayBuffer> | null | 'absent'> {
  const heif = loaded ?? (await load().catch(() => 'absent' as const));
  if (heif === 'absent') return heif;
  loaded = undefined;
  const result = decode(heif, file, { profile, maxPixels });
  // A decoder that failed may have left anything behind.
  if (result !== null && heif.HEAPU8.length <= keptMemoryBytes) loaded = heif;
  return result;
}

/** Only here: whoever sends no HEIC never pays for it. */
async function load(): Promise<Libheif> {
  const { default: create } = await import('libheif-js/libheif-wasm/libheif-bundle.js');
  // Its words would stand among the lines of the log.
  return create({ print: () => {}, printErr: () => {} });
}

function decode(
  heif: Libheif,
  file: Uint8Array,
  { profile, maxPixels }: { profile: Uint8Array | undefined; maxPixels: number },
): Uint8Array<ArrayBuffer> | null {
  const at = heif._malloc(file.length);
  const error = heif._malloc(scratchBytes);
  if (at === 0 || error === 0) return null;
  const [handleAt, numberAt] = [error + 16, error + 20];
  const numberFrom = (place: number) => new DataView(heif.HEAPU8.buffer).getUint32(place, true);
  const failed = () => numberFrom(error) !== 0;
  heif.HEAPU8.set(file, at);
  const context = heif._heif_context_alloc();
  const maxLibraryPixels = BigInt(Math.max(maxPixels, smallPixels) * maxWork);
  const limits = heif._heif_context_get_security_limits(context);
  new DataView(heif.HEAPU8.buffer).setBigUint64(limits + maxPixelsAt, maxLibraryPixels, true);
  heif._heif_context_read_from_memory_without_copy(error, context, at, file.length, 0);
  if (failed()) return null;
  heif._heif_context_get_primary_image_handle(error, context, handleAt);
  if (failed()) return null;
  const handle = numberFrom(handleAt);
  const channels = heif._heif_image_handle_has_alpha_channel(handle) === 1 ? 4 : 3;
  heif._heif_decode_image(error, handle, numberAt, rgb, chromaOf[channels], 0);
  if (failed()) return null;
  const image = numberFrom(numberAt);
  const plane = heif._heif_image_get_plane_readonly2(image, interleaved, numberAt) >>> 0;
  const stride = numberFrom(numberAt);
  const [width, height] = [
    heif._heif_image_get_width(image, interleaved),
    heif._heif_image_get_height(image, interleaved),
  ];
  if (width * height > maxPixels) return null;
  const tiff = writePlainTiff({
    width,
    height,
    channels,
    profile,
    copyTo(target) {
      for (let row = 0; row < height; row += 1) {
        const start = plane + row * stride;
        target.set(heif.HEAPU8.subarray(start, start + width * channels), row * width * channels);
      }
    },
  });
  heif._heif_image_release(image);
  heif._heif_image_handle_release(handle);
  heif._heif_context_free(context);
  heif._free(at);
  heif._free(error);
  return tiff;
}
