// Writes into a finished picture how it was made, as XMP: the prompt as the description, which viewers and catalogues show,
// and the model and the task in the fields that are meant for them. What is signed, or described already, stays as it came.
//
// Fields: `dc` and `xmp` in the XMP specification part 1; `AISystemUsed` and `DigitalSourceType` in the IPTC Photo Metadata Standard 2025.1,
// the value of the second in the IPTC NewsCodes (cv.iptc.org/newscodes/digitalsourcetype).

import { Buffer } from 'node:buffer';
import { TaskError } from '../core/errors.ts';
import type { LabelPicture, PictureLabel } from '../core/pictures/picture-bytes.ts';
import { type PictureType, pictureTypeOf } from './formats/picture-type.ts';
import { findXmpLocation, maxPacketBytes } from './bare/xmp-location.ts';

/** Far more than a packet has beside its prompt. */
const frameBytes = 4_000;
const toolkit = 'x:xmptk="Plantain"';
/** Says that a model made the picture. */
const madeByModel =
  '<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>';

export const labelPicture: LabelPicture = async (bytes, label) => {
  try {
    const location = await findXmpLocation(bytes, pictureTypeOf(bytes));
    if (location === undefined || location.signed || location.packet !== undefined) return bytes;
    return await location.insert(Buffer.from(packetOf(label)));
  } catch (error) {
    // A later step that looks at the bytes says their fault.
    if (error instanceof TaskError) return bytes;
    throw error;
  }
};

/** The packet that this server wrote into a picture, `undefined` where there is none. Throws as `findXmpLocation` does. */
export async function readLabel(bytes: Uint8Array, type: PictureType): Promise<string | undefined> {
  const packet = (await findXmpLocation(bytes, type))?.packet?.toString();
  return packet?.includes(toolkit) === true ? packet : undefined;
}

function packetOf({ prompt, model, taskId }: PictureLabel): string {
  return packetWith(`${madeByModel}
<xmp:CreatorTool>Plantain</xmp:CreatorTool>
<Iptc4xmpExt:AISystemUsed>${escaped(model, 1_000)}</Iptc4xmpExt:AISystemUsed>
<dc:identifier>${escaped(taskId, 1_000)}</dc:identifier>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escaped(prompt, maxPacketBytes - frameBytes)}</rdf:li></rdf:Alt></dc:description>`);
}

function packetWith(fields: string): string {
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" ${toolkit}>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
${fields}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`;
}

/** Packet of a picture of which nothing is said but that a model made it. */
export const sourceMark = packetWith(madeByModel);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // A parser would make a line feed of it.
  '\r': '&#13;',
};

/** Text for an XML element, cut where it would have more bytes than that. What XML 1.0 can't hold becomes U+FFFD. */
function escaped(text: string, maxBytes: number): string {
  let [written, bytes] = ['', 0];
  for (const character of text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\x20-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')) {
    const next = entities[character] ?? character;
    bytes += Buffer.byteLength(next);
    if (bytes > maxBytes) return `${written}…`;
    written += next;
  }
  return written;
}
