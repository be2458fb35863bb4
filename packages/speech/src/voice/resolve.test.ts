import { CodedError } from "@voepy/base";
import { describe, expect, test } from "vitest";
import type { Voice } from "../types.ts";
import { POLLY_VOICES } from "./polly-voices.ts";
import { resolveVoice } from "./resolve.ts";

const SLT: Voice = { id: "Flite.slt", engine: "embedded", language: "en-US", gender: "female" };
const RMS: Voice = { id: "Flite.rms", engine: "embedded", language: "en-US", gender: "male" };
const AWB: Voice = { id: "Flite.awb", engine: "embedded", language: "en-GB", gender: "male" };
const NOVA: Voice = { id: "OpenAI.nova", engine: "openai", language: "mul", gender: "neutral" };
const EMBEDDED = [SLT, RMS, AWB];

const idOf = (voice: string, language: string | undefined, among: readonly Voice[]): string =>
  resolveVoice({ voice, language }, among).id;

function refused(voice: string, language?: string): CodedError {
  try {
    resolveVoice({ voice, language }, EMBEDDED);
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown;
  }
  throw new Error(`${voice} was not refused`);
}

describe("without Polly", () => {
  test.each([
    ["Polly.Joanna", "Flite.slt"],
    ["polly.matthew", "Flite.rms"],
    ["AWS.Polly.Joanna-Neural", "Flite.slt"],
    ["Polly.Brian", "Flite.awb"],
    ["Polly.Amy", "Flite.slt"],
    ["Polly.Russell", "Flite.rms"],
  ])("%s is the embedded voice nearest in language and gender, %s", (asked, id) => {
    expect(idOf(asked, "en-US", EMBEDDED)).toBe(id);
  });

  test("a Polly voice of a language nobody speaks is not available, and told who there is", () => {
    expect(refused("Polly.Vicki")).toMatchObject({
      code: "voice_not_available",
      param: "voice",
      details: { voices: ["Flite.slt", "Flite.rms", "Flite.awb"], languages: ["en-US", "en-GB"] },
    });
  });

  test("a voice for every language takes the place where the embedded engine cannot", () => {
    expect(idOf("Polly.Vicki", undefined, [NOVA, ...EMBEDDED])).toBe("OpenAI.nova");
    expect(idOf("Polly.Joanna", undefined, [NOVA, ...EMBEDDED])).toBe("Flite.slt");
  });
});

test("with Polly its own voices answer, of the kind their suffix names", () => {
  const all = [...EMBEDDED, ...POLLY_VOICES];
  expect(idOf("polly.vicki", undefined, all)).toBe("Polly.Vicki");
  expect(idOf("AWS.Polly.Joanna-Neural", "en-US", all)).toBe("Polly.Joanna-neural");
  expect(idOf("Polly.Céline", undefined, all)).toBe("Polly.Celine");
});

test("a voice is found by its name in any case; female and male by language", () => {
  expect(idOf("flite.AWB", undefined, EMBEDDED)).toBe("Flite.awb");
  expect(idOf("female", undefined, EMBEDDED)).toBe("Flite.slt");
  expect(idOf("male", "en-GB", EMBEDDED)).toBe("Flite.awb");
  expect(idOf("male", "en_au", EMBEDDED)).toBe("Flite.rms");
});

test("unknown voices and languages nobody speaks are not available", () => {
  for (const voice of ["Nobody", "Polly.Nobody", "OpenAI.nova", "Polly.", "__proto__"])
    expect(refused(voice)).toMatchObject({ code: "voice_not_available", param: "voice" });
  for (const voice of ["Polly.Joanna", "Flite.slt", "female"])
    expect(refused(voice, "de-DE")).toMatchObject({ code: "voice_not_available", param: "language" });
});
