import { expect, test } from "vitest";
import { sniffAudio } from "./sniff.ts";

test.each([
  ["RIFF\u0024\u0000\u0000\u0000WAVEfmt ", "wav"],
  ["RIFF\u0024\u0000\u0000\u0000AVI LIST", undefined],
  ["OggS\u0000\u0002", "ogg"],
  ["fLaC\u0000\u0000\u0000\u0022", "flac"],
  ["\u0000\u0000\u0000\u0020ftypM4A ", "m4a"],
  ["ID3\u0004\u0000", "mp3"],
  // MPEG 1 layer III, 128 kbit/s, 44.1 kHz.
  ["\u00ff\u00fb\u0090\u0064", "mp3"],
  // A reserved layer, bit rate and sampling rate.
  ["\u00ff\u00f9\u0090\u0064", undefined],
  ["\u00ff\u00fb\u00f0\u0064", undefined],
  ["\u00ff\u00fb\u009c\u0064", undefined],
  ["#!/bin/sh", undefined],
  ["\u00ff", undefined],
  ["", undefined],
])("%j is %s", (head, format) => {
  expect(sniffAudio(Buffer.from(head, "latin1"))).toBe(format);
});
