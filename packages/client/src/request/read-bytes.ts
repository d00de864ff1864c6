// Reads a stream of bytes to its end, and no further than a limit.

/** Reads all of a stream. Beyond `maxBytes` it cancels the stream and throws the error of `tooLarge`. */
export async function readBytes(
  stream: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = stream?.getReader();
  for (;;) {
    const piece = (await reader?.read())?.value;
    if (piece === undefined) break;
    size += piece.length;
    if (size > maxBytes) {
      // Not awaited: a stream may take its time to end.
      reader?.cancel().catch(() => {});
      throw tooLarge();
    }
    pieces.push(piece);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
