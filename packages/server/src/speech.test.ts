import { silentLog } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "./config.ts";
import { realOutside } from "./outside.ts";
import { startSpeech } from "./speech.ts";

/** Voices of a server with this `speech.tts`. */
async function voicesOf(tts: string): Promise<string[]> {
  const config = parseConfig(`data_dir: /nowhere\nspeech: {tts: ${tts}}`, "test.yaml", {});
  const outside = realOutside(config);
  const speech = startSpeech(config, silentLog, outside);
  const ids = speech.voices().map(({ id }) => id);
  await Promise.all([speech.close(), outside.http.close(), outside.operatorHttp.close()]);
  return ids;
}

const POLLY = "{region: eu-central-1, access_key_id: a, secret_access_key: s}";

describe("speech.tts", () => {
  test("auto is the embedded engine, off is none", async () => {
    const embedded = ["Flite.slt", "Flite.rms", "Flite.awb", "Flite.kal16", "Flite.kal"];
    expect(await voicesOf("auto")).toEqual(embedded);
    expect(await voicesOf("{embedded: {threads: 1}}")).toEqual(embedded);
    expect(await voicesOf("off")).toEqual([]);
  });

  test("has the engines it names, the preferred one first", async () => {
    const voices = await voicesOf(
      `{engine: openai, embedded: false, openai: {url: "http://127.0.0.1:1/v1", voices: [nova, {name: x, language: de}]}, polly: ${POLLY}}`,
    );
    expect(voices.slice(0, 2)).toEqual(["OpenAI.nova", "OpenAI.x"]);
    expect(voices).toContain("Polly.Joanna");
    expect(voices).not.toContain("Flite.slt");
  });

  test.each([
    ["{engine: polly}", "test.yaml:2: speech.tts.engine: is not configured beside it"],
    ["{engine: embedded, embedded: false}", "speech.tts.engine: is not configured beside it"],
    ["{polly: {region: eu-central-1}}", "speech.tts.polly.access_key_id"],
    ["{openai: {url: ftp://x}}", "speech.tts.openai.url"],
    ["{whisper: {}}", "speech.tts"],
    ["loud", "speech.tts"],
  ])("%s is refused by its place", (tts, problem) => {
    expect(() => parseConfig(`speech: {tts: ${tts}}\n`, "test.yaml", {})).toThrow(ConfigError);
    expect(() => parseConfig(`\nspeech: {tts: ${tts}}`, "test.yaml", {})).toThrow(problem);
  });
});
