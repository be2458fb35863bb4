/** The plain WAV files of tests: PCM of 16 bits, mono or stereo. Anything else is refused, not guessed. */

export interface WavAudio {
  readonly rateHz: number;
  /** One a channel: left, right. */
  readonly channels: readonly Int16Array[];
}

const HEADER_BYTES = 44;
const FORMAT_PCM = 1;

/** Reads chunk by chunk; throws an Error that says what is wrong with the file. */
export function readWav(bytes: Uint8Array): WavAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || fourcc(bytes, 0) !== "RIFF" || fourcc(bytes, 8) !== "WAVE")
    throw new Error("not a WAV file");
  const riffEnd = view.getUint32(4, true) + 8;
  if (riffEnd > bytes.length) throw new Error(`RIFF says ${riffEnd} bytes, the file has ${bytes.length}`);
  let format: { channels: number; rateHz: number } | undefined;
  for (let at = 12; at + 8 <= riffEnd; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (body + size > riffEnd) throw new Error(`chunk ${fourcc(bytes, at)} runs past the end of the file`);
    if (fourcc(bytes, at) === "fmt ") format = readFormat(view, body);
    if (fourcc(bytes, at) === "data") {
      if (format === undefined) throw new Error("the data chunk comes before the fmt chunk");
      return { rateHz: format.rateHz, channels: split(view, { body, size, channels: format.channels }) };
    }
    at = body + size + (size & 1);
  }
  throw new Error("the file has no data chunk");
}

/** A whole file. All channels must be of one length. */
export function makeWav(channels: readonly Int16Array[], rateHz = 8000): Uint8Array {
  const length = channels[0]?.length ?? 0;
  const frameBytes = 2 * channels.length;
  const bytes = new Uint8Array(HEADER_BYTES + length * frameBytes);
  const view = new DataView(bytes.buffer);
  for (const [at, text] of [
    [0, "RIFF"],
    [8, "WAVEfmt "],
    [36, "data"],
  ] as const) {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  }
  view.setUint32(4, bytes.length - 8, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, 16, true);
  view.setUint32(40, length * frameBytes, true);
  channels.forEach((pcm, channel) => {
    for (let i = 0; i < length; i++) view.setInt16(HEADER_BYTES + i * frameBytes + 2 * channel, pcm[i] ?? 0, true);
  });
  return bytes;
}

function readFormat(view: DataView, at: number): { channels: number; rateHz: number } {
  const [tag, channels, bits] = [view.getUint16(at, true), view.getUint16(at + 2, true), view.getUint16(at + 14, true)];
  if (tag !== FORMAT_PCM || bits !== 16) throw new Error(`format ${tag} of ${bits} bits; only PCM of 16 is read here`);
  if (channels < 1 || channels > 2) throw new Error(`${channels} channels`);
  return { channels, rateHz: view.getUint32(at + 4, true) };
}

function split(view: DataView, data: { body: number; size: number; channels: number }): Int16Array[] {
  const frames = Math.floor(data.size / (2 * data.channels));
  return Array.from({ length: data.channels }, (_, channel) =>
    Int16Array.from({ length: frames }, (_unused, i) =>
      view.getInt16(data.body + 2 * (i * data.channels + channel), true),
    ),
  );
}

function fourcc(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
