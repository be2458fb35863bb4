/** LAME compiled to WebAssembly. */
import { createMp3Encoder } from "wasm-media-encoders";
import type { Mp3Encoder } from "../nodes/mp3-pass.ts";

/** Compiling takes some 70 ms, elsewhere than in this thread. */
export async function makeMp3Encoder(): Promise<Mp3Encoder> {
  return await createMp3Encoder();
}
