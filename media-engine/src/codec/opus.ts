/**
 * Opus (RFC 6716) in RTP (RFC 7587): the RTP clock is 48 kHz whatever is coded, every packet says its own length and
 * bandwidth. It decodes to and encodes from 8, 16 or 48 kHz by itself, so a bridge to a telephone needs no conversion
 * and costs less. Decoders are mono: libopus folds what a stereo peer sends.
 */
import type { Libopus } from "../io/libopus.ts";
import type { Codec, CodecOptions, Decoder, Encoder } from "./codec.ts";
import { type OpusWishes, readOpusFmtp } from "./opus-fmtp.ts";

const FULL_HZ = 48_000;
const CHANNELS = 1;
/** For speech. */
const OPUS_APPLICATION_VOIP = 2048;
const SET_BITRATE = 4002;
const SET_VBR = 4006;
const SET_COMPLEXITY = 4010;
const SET_INBAND_FEC = 4012;
const SET_PACKET_LOSS = 4014;
const SET_DTX = 4016;

/** Of 10. Below it a narrow-band tone loses its purity (under 99 % of the energy stays in it); each step up costs a fifth more. */
const COMPLEXITY = 3;
/** What forward error correction is made for, percent. */
const EXPECTED_LOSS = 5;
const LONGEST_PAYLOAD = 1275;
const LONGEST_PACKET_MS = 120;
/** Codes of length 1 and 2 tell of silence only (RFC 6716 §2.1.9). */
const DTX_BYTES = 2;

/** RFC 7587 §3.1.1: what sounds transparent for speech of that bandwidth, bit/s. */
function bitrateFor(rateHz: number, wishes: OpusWishes): number {
  const enough = rateHz === 8000 ? 14_000 : rateHz === 16_000 ? 24_000 : 32_000;
  return Math.min(enough, wishes.maxAverageBitrate ?? enough);
}

/** PCM on its way in or out, and a payload on its way in: of the thread, since each is used within one call. */
interface Scratch {
  readonly pcm: Int16Array;
  readonly payload: Uint8Array;
}

class OpusDecoder implements Decoder {
  readonly #lib: Libopus;
  readonly #scratch: Scratch;
  readonly #state: Uint8Array;
  #rateHz = 0;

  constructor(lib: Libopus, scratch: Scratch, rateHz: number) {
    this.#lib = lib;
    this.#scratch = scratch;
    this.#state = new Uint8Array(lib.decoderBytes(CHANNELS));
    this.setRate(rateHz);
  }

  setRate(rateHz: number): void {
    if (rateHz === this.#rateHz) return;
    this.#rateHz = rateHz;
    this.#lib.decoderInit(this.#state, rateHz, CHANNELS);
  }

  decode(bytes: Uint8Array, offset: number, size: number, out: Int16Array): number {
    const count = this.#take(bytes, offset, size);
    if (count === 0) return 0;
    const { pcm, payload } = this.#scratch;
    return this.#give(this.#lib.decode(this.#state, payload, count, pcm, this.#longest, 0), out);
  }

  conceal(bytes: Uint8Array, offset: number, size: number, gap: { samples: number; out: Int16Array }): number {
    const { pcm, payload } = this.#scratch;
    // libopus fills gaps in steps of 2.5 ms.
    const step = this.#rateHz / 400;
    const wanted = Math.min(this.#longest, Math.ceil(gap.samples / step) * step);
    const count = size > DTX_BYTES ? this.#take(bytes, offset, size) : 0;
    // With the packet after a gap, all but its last packet is guessed and that one taken from the packet.
    const made =
      count > 0
        ? this.#lib.decode(this.#state, payload, count, pcm, wanted, 1)
        : this.#lib.decode(this.#state, null, 0, pcm, wanted, 0);
    return this.#give(made, gap.out);
  }

  get #longest(): number {
    return (this.#rateHz * LONGEST_PACKET_MS) / 1000;
  }

  /** Copies a payload to where libopus reads it. Returns its size. */
  #take(bytes: Uint8Array, offset: number, size: number): number {
    const { payload } = this.#scratch;
    const count = Math.max(0, Math.min(size, bytes.length - offset, payload.length));
    for (let i = 0; i < count; i++) payload[i] = bytes[offset + i]!;
    return count;
  }

  #give(made: number, out: Int16Array): number {
    const { pcm } = this.#scratch;
    const count = Math.max(0, Math.min(made, out.length));
    for (let i = 0; i < count; i++) out[i] = pcm[i]!;
    return count;
  }
}

class OpusEncoder implements Encoder {
  readonly #lib: Libopus;
  readonly #scratch: Scratch;
  readonly #wishes: OpusWishes;
  readonly #state: Uint8Array;
  #rateHz = 0;

  constructor(lib: Libopus, scratch: Scratch, { rateHz = FULL_HZ, fmtp = "" }: CodecOptions) {
    this.#lib = lib;
    this.#scratch = scratch;
    this.#wishes = readOpusFmtp(fmtp);
    this.#state = new Uint8Array(lib.encoderBytes(CHANNELS));
    this.setRate(rateHz);
  }

  setRate(rateHz: number): void {
    if (rateHz === this.#rateHz) return;
    this.#rateHz = rateHz;
    const { cbr, inbandFec, dtx } = this.#wishes;
    this.#lib.encoderInit(this.#state, rateHz, CHANNELS, OPUS_APPLICATION_VOIP);
    this.#set(SET_BITRATE, bitrateFor(rateHz, this.#wishes));
    this.#set(SET_VBR, cbr ? 0 : 1);
    this.#set(SET_COMPLEXITY, COMPLEXITY);
    this.#set(SET_INBAND_FEC, inbandFec ? 1 : 0);
    this.#set(SET_PACKET_LOSS, inbandFec ? EXPECTED_LOSS : 0);
    this.#set(SET_DTX, dtx ? 1 : 0);
  }

  encode(pcm: Int16Array, offset: number, out: Uint8Array): number {
    const { pcm: input, payload } = this.#scratch;
    const room = Math.min(payload.length, out.length - offset);
    if (room <= 0) return 0;
    const samples = Math.min(pcm.length, input.length);
    for (let i = 0; i < samples; i++) input[i] = pcm[i]!;
    const size = this.#lib.encode(this.#state, input, samples, payload, room);
    for (let i = 0; i < size; i++) out[offset + i] = payload[i]!;
    return Math.max(0, size);
  }

  #set(request: number, value: number): void {
    this.#lib.encoderControl(this.#state, request, value);
  }
}

export function makeOpus(lib: Libopus): Codec {
  const scratch: Scratch = {
    pcm: new Int16Array((FULL_HZ * LONGEST_PACKET_MS) / 1000),
    payload: new Uint8Array(LONGEST_PAYLOAD),
  };
  return {
    name: "OPUS",
    ratesHz: [FULL_HZ, 16_000, 8000],
    sampleRateHz: FULL_HZ,
    rtpClockHz: FULL_HZ,
    staticPayloadType: undefined,
    longestPayload: LONGEST_PAYLOAD,
    packetTimesMs: [10, 20, 40, 60],
    makeDecoder: ({ rateHz = FULL_HZ } = {}) => new OpusDecoder(lib, scratch, rateHz),
    makeEncoder: (options = {}) => new OpusEncoder(lib, scratch, options),
  };
}
