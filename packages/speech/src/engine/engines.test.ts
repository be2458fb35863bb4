import type { HttpClient, HttpRequest } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { makeWav } from "../sound.ts";
import type { Utterance } from "../types.ts";
import { signedHeaders } from "./aws-signature.ts";
import { makeOpenAiEngine } from "./openai.ts";
import { makePollyEngine } from "./polly.ts";

const SOUND = { sampleRateHz: 24_000, pcm: Int16Array.of(1, -2, 3) };
const CLOCK = {
  nowMs: () => 0,
  wallMs: () => Date.UTC(2015, 7, 30, 12, 36),
  schedule: () => ({ cancel: () => undefined }),
};
const UTTERANCE: Utterance = {
  pieces: [{ text: "Your <code> is " }, { text: "42 15", sayAs: { as: "digits", format: "" } }],
  rate: 1.25,
  pauseMs: 0,
};

/** Answers every request alike and keeps it. */
function server(status: number, body: Uint8Array): { http: HttpClient; asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const http: HttpClient = {
    fetch: async (request) => {
      asked.push(request);
      return { status, headers: {}, body, url: request.url };
    },
    close: async () => undefined,
  };
  return { http, asked };
}

describe("an OpenAI-compatible endpoint", () => {
  const settings = {
    url: "http://tts.test/v1/",
    apiKey: "secret",
    model: "m",
    voices: [{ name: "nova", language: "mul", gender: "female" as const }],
  };
  const how = { voice: makeOpenAiEngine(settings, server(200, new Uint8Array()).http).voices[0]!, timeoutMs: 900 };

  test("is asked for a WAV file of the text, model, voice and speed", async () => {
    const { http, asked } = server(200, makeWav(SOUND));
    const engine = makeOpenAiEngine(settings, http);
    const phrase = engine.phrase(UTTERANCE, how.voice);
    expect(phrase).toBe("Your <code> is 4 2 1 5");
    expect(await engine.synthesize(phrase, { ...how, rate: 1.25 })).toEqual(SOUND);
    expect(asked[0]).toMatchObject({
      method: "POST",
      url: "http://tts.test/v1/audio/speech",
      headers: { authorization: "Bearer secret" },
      timeoutMs: 900,
      maxRedirects: 0,
    });
    expect(JSON.parse(String(asked[0]?.body))).toEqual({
      model: "m",
      input: phrase,
      voice: "nova",
      response_format: "wav",
      speed: 1.25,
    });
  });

  test("that refuses is told with its reason, never with our key", async () => {
    const { http } = server(401, Buffer.from('{"error": "bad   key"}'));
    const failed = makeOpenAiEngine(settings, http).synthesize("Hello", { ...how, rate: 1 });
    await expect(failed).rejects.toThrow('tts.test answered 401: {"error": "bad key"}');
  });

  test("that sends no WAV file is told so", async () => {
    const { http } = server(200, Buffer.from("ID3 this is an mp3"));
    await expect(makeOpenAiEngine(settings, http).synthesize("Hello", { ...how, rate: 1 })).rejects.toThrow(
      "this is no WAV file",
    );
  });

  test("may stream a WAV file that does not know its size", async () => {
    const wav = makeWav(SOUND);
    new DataView(wav.buffer).setUint32(40, 0xffff_ffff, true);
    const { http } = server(200, wav);
    expect(await makeOpenAiEngine(settings, http).synthesize("Hello", { ...how, rate: 1 })).toEqual(SOUND);
  });
});

test("a request to AWS is signed as its documentation's test suite has it (post-vanilla)", () => {
  const headers = signedHeaders(
    { url: "https://example.amazonaws.com/", headers: {}, body: "" },
    { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
    { region: "us-east-1", service: "service", wallMs: Date.UTC(2015, 7, 30, 12, 36) },
  );
  expect(headers["x-amz-date"]).toBe("20150830T123600Z");
  expect(headers.authorization).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
      "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  );
});

describe("Polly", () => {
  const settings = {
    region: "eu-central-1",
    accessKeyId: "AKID",
    secretAccessKey: "s",
    sessionToken: "token",
    url: undefined,
    kind: "standard" as const,
  };

  test("is asked for 16 kHz PCM of its own SSML, signed", async () => {
    const { http, asked } = server(200, Uint8Array.of(1, 0, 255, 255));
    const engine = makePollyEngine(settings, { clock: CLOCK, http });
    const voice = { ...engine.voices[0]!, id: "Polly.Joanna-neural" };
    const phrase = engine.phrase(UTTERANCE, voice);
    expect(phrase).toBe(
      '<speak><prosody rate="125%">Your &lt;code&gt; is <say-as interpret-as="digits">42 15</say-as></prosody></speak>',
    );
    expect(await engine.synthesize(phrase, { voice, rate: 1.25, timeoutMs: 500 })).toEqual({
      sampleRateHz: 16_000,
      pcm: Int16Array.of(1, -1),
    });
    expect(asked[0]?.url).toBe("https://polly.eu-central-1.amazonaws.com/v1/speech");
    expect(asked[0]?.headers).toMatchObject({ "x-amz-security-token": "token" });
    expect(asked[0]?.headers.authorization).toContain(
      "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=",
    );
    expect(JSON.parse(String(asked[0]?.body))).toMatchObject({
      Engine: "neural",
      OutputFormat: "pcm",
      SampleRate: "16000",
      TextType: "ssml",
      VoiceId: "Joanna",
    });
  });
});
