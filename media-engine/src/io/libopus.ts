/**
 * libopus by FFI. The state of a coder lives in memory of ours (`opus_decoder_init` on it instead of `_create`): it holds no
 * pointers to itself, is freed with its owner, and no path has to destroy anything.
 */
import koffi, { type LibraryHandle } from "koffi";

/** Results below zero are errors of libopus. */
export interface Libopus {
  encoderBytes(channels: number): number;
  decoderBytes(channels: number): number;
  encoderInit(state: Uint8Array, rateHz: number, channels: number, application: number): number;
  decoderInit(state: Uint8Array, rateHz: number, channels: number): number;
  /** Bytes written. */
  encode(...call: [state: Uint8Array, pcm: Int16Array, samples: number, out: Uint8Array, room: number]): number;
  /** Samples written. `packet` null: lost; `fec` 1: what `packet` tells of the one before it. */
  decode(
    ...call: [
      state: Uint8Array,
      packet: Uint8Array | null,
      bytes: number,
      out: Int16Array,
      samples: number,
      fec: number,
    ]
  ): number;
  encoderControl(state: Uint8Array, request: number, value: number): number;
}

/** As Debian, Fedora, Alpine and Homebrew name it. */
const NAMES = ["libopus.so.0", "libopus.so", "libopus.0.dylib"];

/** Undefined where there is none. */
export function loadLibopus(): Libopus | undefined {
  for (const name of NAMES) {
    const library = open(name);
    if (library === undefined) continue;
    const control = library.func("int opus_encoder_ctl(void *, int, ...)");
    return {
      encoderBytes: library.func("int opus_encoder_get_size(int)"),
      decoderBytes: library.func("int opus_decoder_get_size(int)"),
      encoderInit: library.func("int opus_encoder_init(void *, int32_t, int, int)"),
      decoderInit: library.func("int opus_decoder_init(void *, int32_t, int)"),
      encode: library.func("int32_t opus_encode(void *, const void *, int, void *, int32_t)"),
      decode: library.func("int opus_decode(void *, const void *, int32_t, void *, int, int)"),
      encoderControl: (state, request, value) => control(state, request, "int", value),
    };
  }
  return undefined;
}

function open(name: string): LibraryHandle | undefined {
  try {
    return koffi.load(name);
  } catch {
    // Not on this machine.
    return undefined;
  }
}
