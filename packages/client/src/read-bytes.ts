// Reads a stream of bytes to its end, and no further than a limit.

/** All of it. Throws what `tooMuch` gives when there are more than `most` bytes; the stream is cancelled then. */
export async function readBytes(
  stream: ReadableStream<Uint8Array> | null,
  most: number,
  tooMuch: () => Error,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = stream?.getReader();
  for (;;) {
    const piece = (await reader?.read())?.value;
    if (piece === undefined) break;
    size += piece.length;
    if (size > most) {
      // Whoever reads on would wait for what nobody wants.
      reader?.cancel().catch(() => {});
      throw tooMuch();
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
