import { expect, test } from "vitest";
import { shareOf } from "../../test/sound.ts";
import { energy } from "../dsp/energy.ts";
import { frequenciesOf } from "./digits.ts";
import { ToneSender } from "./tone-sender.ts";

function render(sender: ToneSender): Int16Array {
  const frames: Int16Array[] = [];
  for (let frame = new Int16Array(160); sender.fill(frame); frame = new Int16Array(160)) frames.push(frame);
  return Int16Array.from(frames.flatMap((frame) => [...frame]));
}

test("a digit is its two tones for as long as asked, then 80 ms of silence (ITU-T Q.23)", () => {
  const sender = new ToneSender(8000);
  sender.enqueue("5", 100);
  const pcm = render(sender);
  expect(shareOf(pcm.subarray(0, 800), 770)).toBeCloseTo(0.5, 1);
  expect(shareOf(pcm.subarray(0, 800), 1336)).toBeCloseTo(0.5, 1);
  expect(energy(pcm, 800, 1440)).toBe(0);
  expect(pcm.length).toBe(1440);
});

test("every key has its row and its column", () => {
  expect([frequenciesOf(1), frequenciesOf(0), frequenciesOf(10), frequenciesOf(11), frequenciesOf(15)]).toEqual([
    [697, 1209],
    [941, 1336],
    [941, 1209],
    [941, 1477],
    [941, 1633],
  ]);
});

test("when it is done it leaves the frame alone and says so once", () => {
  const sender = new ToneSender(8000);
  sender.enqueue("w1", 100);
  expect(render(sender).length).toBe(8 * (500 + 100 + 80));
  expect([sender.isIdle, sender.takeCompleted(), sender.takeCompleted()]).toEqual([true, 1, 0]);
});
