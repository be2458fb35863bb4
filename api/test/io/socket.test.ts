import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listening } from "../../src/index.ts";
import { errorOf } from "../read.ts";
import { aCall, aRecording, KEYS, makeWorld, type World } from "../world.ts";

let world: World;
let server: Listening;
let base = "";
beforeAll(async () => {
  world = await makeWorld();
  server = await world.api.listen({ host: "127.0.0.1", port: 0 });
  base = `http://127.0.0.1:${server.port}`;
  await world.store.commit({ calls: [aCall("voepy_call_A")], recordings: [aRecording("voepy_rec_A")] });
  writeFileSync(join(world.recordingsFolder, "voepy_rec_A.wav"), new Uint8Array(8_000_000));
});
afterAll(async () => {
  await server.close();
  await world.close();
});

const authorization = `Bearer ${KEYS.all}`;
const json = { authorization, "content-type": "application/json" };
const link = () => base + world.links.recordingUrl("voepy_rec_A").slice("http://voepy.test".length);

describe("the API on a socket", () => {
  test("answers as it does without one", async () => {
    const answer = await fetch(`${base}/v1/calls/voepy_call_A`, { headers: { authorization } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-request-id")).toMatch(/^voepy_req_/);
  });

  test("dials once for a body that comes in pieces without a length", async () => {
    const pieces = new Blob(['{"from":"+15125550100",', '"to":"+15558675309"}']).stream();
    const init = { method: "POST", headers: json, body: pieces, duplex: "half" } as const;
    expect((await fetch(`${base}/v1/calls`, init)).status).toBe(201);
    expect(world.calls.dialled).toHaveLength(1);
  });

  test("refuses a body that is too long, declared or not, and goes on", async () => {
    const body = new Uint8Array(3_000_000).fill(0x20);
    const declared = await fetch(`${base}/v1/calls`, { method: "POST", headers: json, body });
    expect((await errorOf(declared)).code).toBe("payload_too_large");
    const init = { method: "POST", headers: json, body: new Blob([body]).stream(), duplex: "half" } as const;
    expect((await errorOf(await fetch(`${base}/v1/calls`, init))).code).toBe("payload_too_large");
    const stranger = await fetch(`${base}/v1/calls`, { method: "POST", body });
    for (const answer of [declared, stranger]) expect(answer.headers.get("connection")).toBe("close");
    expect(stranger.status).toBe(401);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test("tells the size of a recording to HEAD and sends every byte to GET", async () => {
    const head = await fetch(link(), { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "8000000"]);
    expect((await (await fetch(link())).bytes()).length).toBe(8_000_000);
    const part = await fetch(link(), { headers: { range: "bytes=-100" } });
    expect([part.status, part.headers.get("content-length")]).toEqual([206, "100"]);
    expect((await part.bytes()).length).toBe(100);
  });

  test.skipIf(process.platform !== "linux")("closes the file when the listener goes away in the middle", async () => {
    const answer = await new Promise<IncomingMessage>((resolve) => request(link(), resolve).end());
    await new Promise((resolve) => answer.once("data", resolve));
    expect(openFiles()).toHaveLength(1);
    answer.destroy();
    await expect.poll(openFiles).toEqual([]);
  });

  test("cuts off a header that is too long, and a request that is none", async () => {
    expect((await fetch(`${base}/healthz`, { headers: { "x-long": "x".repeat(20_000) } })).status).toBe(431);
    expect(await sendRaw("HELLO\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(
      await sendRaw("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("refuses a port that is taken", async () => {
    await expect(world.api.listen({ host: "127.0.0.1", port: server.port })).rejects.toThrow("EADDRINUSE");
  });

  test("closes at once while idle connections are kept alive", async () => {
    const own = await makeWorld();
    const listening = await own.api.listen({ host: "127.0.0.1", port: 0 });
    expect((await fetch(`http://127.0.0.1:${listening.port}/healthz`)).status).toBe(200);
    await listening.close();
    await expect(fetch(`http://127.0.0.1:${listening.port}/healthz`)).rejects.toThrow();
    await own.close();
  });
});

/** Files of the recordings folder that this process holds open. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd")
    .flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        // The descriptor of the listing itself is gone by now.
        return [];
      }
    })
    .filter((path) => path.startsWith(world.recordingsFolder));
}

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.once("close", () => resolve(answer));
    socket.once("error", reject);
  });
}
