import { type HttpClient, silentLog, systemClock } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "./config.ts";
import { checkSpeech } from "./doctor/speech.ts";
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

describe("the doctor", () => {
  const CLOSED: HttpClient = {
    fetch: async ({ url }) => ({ status: 401, headers: {}, body: Buffer.from("bad key"), url }),
    close: async () => undefined,
  };
  const findings = async (tts: string): Promise<[string, string, string][]> => {
    const found: [string, string, string][] = [];
    const config = parseConfig(`speech: {tts: ${tts}}`, "test.yaml", {});
    for await (const { check, status, detail } of checkSpeech(config, { clock: systemClock }, CLOSED))
      found.push([check, status, detail]);
    return found;
  };

  test("lets every engine say a word, and tells why one cannot", async () => {
    expect(await findings(`{polly: ${POLLY}}`)).toEqual([
      ["speech embedded", "ok", expect.stringContaining("Flite.slt said a word within")],
      ["speech polly", "warn", expect.stringContaining("polly.eu-central-1.amazonaws.com answered 401: bad key")],
    ]);
  });

  test("says when there is none", async () => {
    expect(await findings("off")).toEqual([["speech", "warn", "no engine is configured"]]);
  });
});
