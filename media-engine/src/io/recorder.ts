/** A recorder with real files: for the recorder thread, and for a pool that runs inline. Step it every 100 ms. */
import { Recorder, type RecorderEvent } from "../nodes/recorder.ts";
import { makeMp3Encoder } from "./mp3-encoder.ts";
import { diskFiles } from "./recording-file.ts";

/** Resolves once the MP3 encoder is compiled, some 70 ms. */
export async function openRecorder(report: (event: RecorderEvent) => void): Promise<Recorder> {
  return new Recorder(diskFiles, await makeMp3Encoder(), report);
}
