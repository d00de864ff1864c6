// Types of the part of libheif-js that is used; its own are for another way of loading it. Functions of the C interface
// (github.com/strukturag/libheif, libheif/api): addresses are numbers, a `heif_error` is written to the first address that is given.

declare module 'libheif-js/libheif-wasm/libheif-bundle.js' {
  export interface Libheif {
    /** Another one each time that the memory has grown. */
    HEAPU8: Uint8Array<ArrayBuffer>;
    _malloc(bytes: number): number;
    _heif_context_alloc(): number;
    _heif_context_get_security_limits(context: number): number;
    _heif_context_read_from_memory_without_copy(
      error: number,
      context: number,
      at: number,
      bytes: number,
      options: 0,
    ): void;
    _heif_context_get_primary_image_handle(error: number, context: number, handleAt: number): void;
    _heif_image_handle_has_alpha_channel(handle: number): number;
    _heif_image_handle_release(handle: number): void;
    _heif_context_free(context: number): void;
    _heif_decode_image(
      error: number,
      handle: number,
      imageAt: number,
      colourSpace: number,
      chroma: number,
      options: 0,
    ): void;
    _heif_image_get_width(image: number, channel: number): number;
    _heif_image_get_height(image: number, channel: number): number;
    _heif_image_get_plane_readonly2(image: number, channel: number, strideAt: number): number;
    _heif_image_release(image: number): void;
    _free(at: number): void;
  }
  export default function createLibheif(options: {
    print: (text: string) => void;
    printErr: (text: string) => void;
  }): Libheif;
}
