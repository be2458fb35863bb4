/** CPU ms of the recorder thread for a second of one dual recording: `node media-engine/bench/recorder.bench.ts`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pcmu } from "../src/codec/pcmu.ts";
import { openRecorder } from "../src/io/recorder.ts";
import { makeRecorderRing, RecorderTap } from "../src/nodes/recorder-tap.ts";
import { voice } from "../test/sound.ts";

const RECORDINGS = 100;
const SECONDS = 60;

const folder = mkdtempSync(join(tmpdir(), "recorder-bench-"));
const bytes = new Uint8Array(172);
pcmu.makeEncoder().encode(voice(160), 12, bytes);
const header = { seq: 0, rtpTimestamp: 0, ssrc: 1, payloadType: 0, marker: false, payloadOffset: 12, payloadSize: 160 };

for (const format of ["wav", "mp3"] as const) {
  const recorder = await openRecorder(() => undefined);
  const taps = Array.from({ length: RECORDINGS }, (_, i) => {
    const ring = makeRecorderRing();
    recorder.start({ recording: `r${i}`, path: join(folder, `${i}.${format}`), format, channels: "dual" }, ring);
    return new RecorderTap(ring, 0);
  });
  let cpuMs = 0;
  for (let ms = 0; ms < SECONDS * 1000; ms += 20) {
    header.seq = (ms / 20) & 0xffff;
    header.rtpTimestamp = ms * 8;
    for (const tap of taps) {
      tap.rxPacket(bytes, header, ms);
      tap.txPacket(bytes, header, ms);
    }
    if (ms % 100 === 80) cpuMs += cpuOf(() => recorder.step(ms));
  }
  for (const tap of taps) tap.close("stopped", SECONDS * 1000);
  cpuMs += cpuOf(() => recorder.close());
  console.log(
    `${format}: ${(cpuMs / RECORDINGS / SECONDS).toFixed(3)} CPU ms per recording-second, finishing included`,
  );
}
rmSync(folder, { recursive: true });

function cpuOf(run: () => void): number {
  const begin = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}
