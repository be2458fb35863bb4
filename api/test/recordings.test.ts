import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recording as recordingSchema } from "../src/openapi/resources.ts";
import { START_MS } from "./clock.ts";
import { errorOf, jsonOf, listOf } from "./read.ts";
import { aCall, aRecording, KEYS, makeWorld, type World } from "./world.ts";

/** A file beside the folder of recordings. */
const OUTSIDE = `voepy-outside-${process.pid}.wav`;
const AUDIO = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256);

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  writeFileSync(join(world.recordingsFolder, "voepy_rec_A.wav"), AUDIO);
  await world.store.commit({
    calls: [aCall("voepy_call_A"), aCall("voepy_call_B")],
    recordings: [
      aRecording("voepy_rec_A"),
      aRecording("voepy_rec_B", { callId: "voepy_call_B", status: "recording", createdAt: START_MS + 1 }),
      aRecording("voepy_rec_C", { status: "available", path: `../${OUTSIDE}`, createdAt: START_MS + 2 }),
    ],
  });
});
afterEach(() => world.close());

/** Path and query of the link the API gives. */
async function linkOf(id: string): Promise<string> {
  const { download_url: url } = await jsonOf(await world.ask(`/v1/recordings/${id}`));
  if (typeof url !== "string") throw new Error("has no link");
  return url.slice("http://voepy.test".length);
}

/** With no API key. */
const fetchLink = (path: string, init: RequestInit = {}) => world.api.app.request(path, init);

describe("recordings", () => {
  test("show the fields of the reference, and a link only when available", async () => {
    const shown = await jsonOf(await world.ask("/v1/recordings/voepy_rec_A"));
    expect(recordingSchema.parse(shown)).toEqual(shown);
    expect(shown).toMatchObject({ call_id: "voepy_call_A", channels: "dual", format: "wav", status: "available" });
    expect((await jsonOf(await world.ask("/v1/recordings/voepy_rec_B"))).download_url).toBeNull();
  });

  test("are listed newest first, of one call or of all", async () => {
    const ids = async (query: string) =>
      (await listOf(await world.ask(`/v1/recordings${query}`))).data.map(({ id }) => id);
    expect(await ids("")).toEqual(["voepy_rec_C", "voepy_rec_B", "voepy_rec_A"]);
    expect(await ids("?call_id=voepy_call_A&limit=1")).toEqual(["voepy_rec_C"]);
  });

  test("of another tenant can be neither seen nor deleted", async () => {
    const headers = { authorization: `Bearer ${KEYS.other}` };
    for (const method of ["GET", "DELETE"])
      expect((await world.ask("/v1/recordings/voepy_rec_A", { method, headers })).status).toBe(404);
    expect((await listOf(await world.ask("/v1/recordings", { headers }))).data).toEqual([]);
    expect(existsSync(join(world.recordingsFolder, "voepy_rec_A.wav"))).toBe(true);
  });

  test("are deleted with their audio, and their links die", async () => {
    const link = await linkOf("voepy_rec_A");
    const answer = await world.ask("/v1/recordings/voepy_rec_A", { method: "DELETE" });
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    expect(existsSync(join(world.recordingsFolder, "voepy_rec_A.wav"))).toBe(false);
    expect((await fetchLink(link)).status).toBe(404);
    expect((await world.ask("/v1/recordings/voepy_rec_A", { method: "DELETE" })).status).toBe(404);
  });

  test("are not deleted while they are written", async () => {
    const answer = await world.ask("/v1/recordings/voepy_rec_B", { method: "DELETE" });
    expect(answer.status).toBe(409);
    expect(await errorOf(answer)).toMatchObject({ code: "recording_not_ready", details: { status: "recording" } });
  });
});

describe("a download", () => {
  test("gives the file, byte for byte, with no key", async () => {
    const answer = await fetchLink(await linkOf("voepy_rec_A"));
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "audio/wav",
      "content-length": "100000",
      "content-disposition": 'attachment; filename="voepy_rec_A.wav"',
      "x-content-type-options": "nosniff",
      "accept-ranges": "bytes",
    });
    expect(Buffer.compare(await answer.bytes(), AUDIO)).toBe(0);
  });

  test("gives a part (RFC 9110 §15.3.7)", async () => {
    const answer = await fetchLink(await linkOf("voepy_rec_A"), { headers: { range: "bytes=99990-" } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe("bytes 99990-99999/100000");
    expect(answer.headers.get("content-length")).toBe("10");
    expect(Buffer.compare(await answer.bytes(), AUDIO.subarray(99_990))).toBe(0);
  });

  test("is 416 for a part beyond the end (RFC 9110 §15.5.17)", async () => {
    const answer = await fetchLink(await linkOf("voepy_rec_A"), { headers: { range: "bytes=100000-" } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */100000");
  });

  test("goes on only with the same file (RFC 9110 §13.1.5)", async () => {
    const link = await linkOf("voepy_rec_A");
    const etag = (await fetchLink(link, { method: "HEAD" })).headers.get("etag") ?? "";
    const rest = (ifRange: string) => fetchLink(link, { headers: { range: "bytes=10-", "if-range": ifRange } });
    expect((await rest(etag)).status).toBe(206);
    expect((await rest('"another"')).status).toBe(200);
  });

  test("answers HEAD with the head alone", async () => {
    const answer = await fetchLink(await linkOf("voepy_rec_A"), { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "100000", ""]);
  });

  test("is 403 for a link that was changed, is another's, or has expired", async () => {
    const link = await linkOf("voepy_rec_A");
    const changes: ((path: string) => string)[] = [
      (path) => path.replace("voepy_rec_A", "voepy_rec_B"),
      (path) => path.replace(/expires=(\d+)/, (_, secs) => `expires=${Number(secs) + 60}`),
      (path) => `${path}0`,
      (path) => path.slice(0, -1),
      (path) => path.replace(/&signature=.*/, ""),
      (path) => path.replace(/expires=\d+&/, ""),
      (path) => `${path}&expires=9999999999`,
      (path) => path.replace(/\?.*/, ""),
    ];
    for (const change of changes) {
      const answer = await fetchLink(change(link));
      expect([change(link), answer.status]).toEqual([change(link), 403]);
      expect((await errorOf(answer)).code).toBe("forbidden");
    }
    world.clock.advance(3_600_000);
    expect((await fetchLink(link)).status).toBe(403);
  });

  test("is 409 before the recording is available", async () => {
    const link = world.links.recordingUrl("voepy_rec_B").slice("http://voepy.test".length);
    expect(await errorOf(await fetchLink(link))).toMatchObject({ code: "recording_not_ready" });
  });

  test("never leaves the folder, even when the row does", async () => {
    writeFileSync(join(world.recordingsFolder, "..", OUTSIDE), "secret");
    const answer = await fetchLink(await linkOf("voepy_rec_C"));
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain("outside");
    rmSync(join(world.recordingsFolder, "..", OUTSIDE));
  });

  test("is 405 for POST, and no key opens it without a signature", async () => {
    expect((await fetchLink(await linkOf("voepy_rec_A"), { method: "POST" })).status).toBe(405);
    expect((await world.ask("/v1/recordings/voepy_rec_A/download")).status).toBe(403);
  });
});
