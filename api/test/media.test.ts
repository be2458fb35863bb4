import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CodedError, type HttpClient, type HttpRequest } from "@voepy/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mediaFolder, mediaLibrary } from "../src/index.ts";
import { media as mediaSchema } from "../src/openapi/resources.ts";
import { errorOf, listOf, resourceOf } from "./read.ts";
import { KEYS, makeWorld, type World } from "./world.ts";

let world: World;
let asked: HttpRequest[];
const web: HttpClient = {
  async fetch(request) {
    asked.push(request);
    if (request.url.endsWith("/private")) throw new CodedError("media_unreachable", "address 10.0.0.5 is private");
    return { status: request.url.endsWith("/gone") ? 404 : 200, headers: {}, body: wav(10), url: request.url };
  },
  close: async () => undefined,
};
beforeEach(async () => {
  asked = [];
  world = await makeWorld({ http: web });
});
afterEach(() => world.close());

const wav = (sizeBytes: number) => Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVE"), Buffer.alloc(sizeBytes)]);
function upload(name: string, bytes: Uint8Array, headers = {}) {
  const form = new FormData();
  form.set("name", name);
  form.set("file", new Blob([Uint8Array.from(bytes)]), "../../etc/passwd");
  return world.ask("/v1/media", { method: "POST", body: form, headers });
}
const files = () => {
  try {
    return readdirSync(join(world.recordingsFolder, "media"));
  } catch {
    return [];
  }
};

test("an uploaded file is kept under a name of ours and found by the name it was given", async () => {
  const answer = await upload("greeting", wav(100));
  expect(answer.status).toBe(201);
  const made = await resourceOf(answer);
  expect(mediaSchema.parse(made)).toEqual(made);
  expect(made).toMatchObject({ name: "greeting", format: "wav", size_bytes: 112, duration_millis: 112 });
  expect(files()).toEqual([`${made.id}.wav`]);
  const find = mediaLibrary(world.store, mediaFolder(join(world.recordingsFolder, "media")));
  expect(Buffer.from((await find("default", "greeting")) ?? [])).toEqual(wav(100));
  expect(await find("other", "greeting")).toBeUndefined();
  expect((await listOf(await world.ask("/v1/media"))).data).toEqual([made]);
  const other = { headers: { authorization: `Bearer ${KEYS.other}` } };
  expect((await world.ask(`/v1/media/${made.id}`, other)).status).toBe(404);
  expect((await world.ask(`/v1/media/${made.id}`, { ...other, method: "DELETE" })).status).toBe(404);
  expect((await world.ask(`/v1/media/${made.id}`, { method: "DELETE" })).status).toBe(204);
  expect(files()).toEqual([]);
});

test("a file is fetched by its URL, by the client that judges addresses", async () => {
  const create = (url: string) => world.ask("/v1/media", { method: "POST", body: { name: url.slice(-7), url } });
  expect((await create("https://example.com/a.wav")).status).toBe(201);
  expect(asked[0]).toMatchObject({ maxBytes: 50 * 1024 * 1024, firstByteMs: 10_000 });
  for (const path of ["private", "gone"])
    expect((await errorOf(await create(`https://example.com/${path}`))).code).toBe("media_unreachable");
  expect(files()).toHaveLength(1);
});

test("a name is given once in a tenant", async () => {
  expect((await upload("greeting", wav(1))).status).toBe(201);
  expect((await errorOf(await upload("greeting", wav(2)))).param).toBe("name");
  expect((await upload("greeting", wav(2), { authorization: `Bearer ${KEYS.other}` })).status).toBe(201);
  expect(files()).toHaveLength(2);
});

test("what is no audio, too large, or neither file nor URL is refused and leaves nothing", async () => {
  const code = async (answer: Response) => (await errorOf(answer)).code;
  expect(await code(await upload("x", Buffer.from("#!/bin/sh")))).toBe("unsupported_media_type");
  expect(await code(await upload("x", wav(50 * 1024 * 1024)))).toBe("payload_too_large");
  expect(await code(await upload("", wav(1)))).toBe("invalid_request");
  const json = (body: unknown) => world.ask("/v1/media", { method: "POST", body });
  expect(await code(await json({ name: "x" }))).toBe("invalid_request");
  expect(await code(await json({ name: "x", file: "RIFF" }))).toBe("invalid_request");
  expect(files()).toEqual([]);
});

test("an upload repeated under its Idempotency-Key is one file, and another file is refused", async () => {
  const headers = { "idempotency-key": "k" };
  const first = await (await upload("greeting", wav(1), headers)).text();
  expect(await (await upload("greeting", wav(1), headers)).text()).toBe(first);
  expect((await errorOf(await upload("greeting", wav(2), headers))).code).toBe("idempotency_key_reused");
});
