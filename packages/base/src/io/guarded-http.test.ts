import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { checkUrl } from "./check-url.ts";
import { makeHttpClient } from "./guarded-http.ts";
import type { HttpClient, HttpRequest } from "./http-client.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A server on loopback that counts connections; `%` in a URL stands for its port. */
async function serve(
  answer: Answer,
): Promise<{ port: number; connections: () => number; url: (path?: string) => string }> {
  const server: Server = createServer(answer);
  let count = 0;
  server.on("connection", () => count++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  return { port, connections: () => count, url: (path = "/") => `http://127.0.0.1:${port}${path}` };
}

function client(options: Partial<Parameters<typeof makeHttpClient>[0]> = {}): HttpClient {
  const made = makeHttpClient({ allowPrivate: true, ...options });
  cleanups.push(() => made.close());
  return made;
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url,
  headers: {},
  timeoutMs: 10_000,
  maxBytes: 1_000,
  maxRedirects: 3,
  ...more,
});

const text = (body: Uint8Array): string => Buffer.from(body).toString();

/** Every way to write an address of this machine or its neighbourhood that a URL parser may take; `%` is the port. */
const HOSTILE = [
  "http://127.0.0.1:%/",
  "http://127.1:%/",
  "http://127.0.1:%/",
  "http://127.255.255.254:%/",
  "http://0x7f.1:%/",
  "http://0x7f.0x0.0x0.0x1:%/",
  "http://0x7f000001:%/",
  "http://0X7F000001:%/",
  "http://0177.0.0.1:%/",
  "http://0177.0.0.01:%/",
  "http://017700000001:%/",
  "http://2130706433:%/",
  "http://127.0.0.1.:%/",
  "http://127.0.0.1..:%/",
  "http://%31%32%37.0.0.1:%/",
  "http://１２７.0.0.1:%/",
  "http://127。0。0。1:%/",
  "http://①②⑦.0.0.1:%/",
  "http://0.0.0.0:%/",
  "http://0:%/",
  "http://0x0:%/",
  "http://localhost:%/",
  "http://LOCALHOST:%/",
  "http://localhost.:%/",
  "http://a.localhost:%/",
  "http://[::1]:%/",
  "http://[0:0:0:0:0:0:0:1]:%/",
  "http://[::]:%/",
  "http://[::ffff:127.0.0.1]:%/",
  "http://[::ffff:7f00:1]:%/",
  "http://[0:0:0:0:0:ffff:127.0.0.1]:%/",
  "http://[::127.0.0.1]:%/",
  "http://[64:ff9b::127.0.0.1]:%/",
  "http://[64:ff9b:1::127.0.0.1]:%/",
  "http://[2002:7f00:1::]:%/",
  "http://[2001:0:7f00:1::]:%/",
  "http://[fe80::1]:%/",
  "http://[fd00:ec2::254]:%/",
  "http://[fec0::1]:%/",
  "http://[ff02::1]:%/",
  "http://10.0.0.5:%/",
  "http://172.16.0.1:%/",
  "http://192.168.0.1:%/",
  "http://100.64.0.1:%/",
  "http://100.100.100.200:%/",
  "http://169.254.169.254:%/latest/meta-data/",
  "http://2852039166:%/",
  "http://224.0.0.1:%/",
  "http://239.255.255.250:%/",
  "http://255.255.255.255:%/",
  "http://198.18.0.1:%/",
  "http://user:pass@127.0.0.1:%/",
  "http://example.com@127.0.0.1:%/",
  "http://127.0.0.1:%\\@example.com/",
  "http:127.0.0.1:%/",
  "http:///127.0.0.1:%/",
  "ftp://127.0.0.1:%/",
  "file:///etc/passwd",
  "gopher://127.0.0.1:%/_x",
  "javascript:alert(1)",
  "data:text/plain,x",
  "//127.0.0.1:%/",
  "http://",
  "not a url",
];

test("no way of writing a forbidden address leads to a connection", async () => {
  const canary = await serve((_, response) => response.end("reached"));
  const http = client({ allowPrivate: false });
  expect(HOSTILE.length).toBeGreaterThanOrEqual(45);
  for (const pattern of HOSTILE) {
    const url = pattern.replace(/:%(?=[/\\])/, `:${canary.port}`);
    expect(() => checkUrl(url, false), url).toThrow(expect.objectContaining({ code: "media_unreachable" }));
    await expect(http.fetch(get(url)), url).rejects.toMatchObject({ code: "media_unreachable" });
  }
  expect(canary.connections()).toBe(0);
  // The canary itself works.
  expect((await client().fetch(get(canary.url()))).status).toBe(200);
  expect(canary.connections()).toBe(1);
});

test("a name is refused when any of its addresses is forbidden, and the reason names it", async () => {
  const canary = await serve((_, response) => response.end());
  const url = `http://rebound.test:${canary.port}/`;
  for (const addresses of [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["64:ff9b::a00:5"], ["0.0.0.0"]]) {
    const http = client({ allowPrivate: false, resolve: async () => addresses });
    await expect(http.fetch(get(url))).rejects.toMatchObject({
      code: "media_unreachable",
      message: expect.stringMatching(/^host rebound\.test: address .+ is /),
    });
  }
  expect(canary.connections()).toBe(0);
});

test("a name is resolved once for a connection, and what was judged is what is connected to", async () => {
  const canary = await serve((_, response) => response.end("ok"));
  let asked = 0;
  const http = client({
    resolve: async () => {
      asked++;
      return asked === 1 ? ["127.0.0.1"] : ["192.0.2.1"];
    },
  });
  expect(text((await http.fetch(get(`http://once.test:${canary.port}/`))).body)).toBe("ok");
  expect([asked, canary.connections()]).toEqual([1, 1]);
});

test("a name without an address, or that DNS does not answer, is told apart", async () => {
  const empty = client({ resolve: async () => [] });
  await expect(empty.fetch(get("http://empty.test/"))).rejects.toThrow("host empty.test has no address");
  const failing = client({ resolve: () => Promise.reject(new Error("SERVFAIL")) });
  await expect(failing.fetch(get("http://fails.test/"))).rejects.toThrow("host fails.test could not be resolved");
});

test("each redirect is judged again", async () => {
  const http = client({ allowPrivate: true, resolve: async () => ["169.254.169.254"] });
  const targets = ["http://169.254.169.254/latest", "http://0.0.0.0/", "http://metadata.test/", "file:///etc/passwd"];
  for (const target of [...targets, "http://[fe80::1]/", "http://[ff02::1]/", "http://"]) {
    const server = await serve((_, response) => response.writeHead(302, { location: target }).end());
    await expect(http.fetch(get(server.url())), target).rejects.toMatchObject({ code: "media_unreachable" });
    expect(server.connections()).toBe(1);
  }
});

test("redirects are followed up to the limit, credentials stay with their origin", async () => {
  const seen: (string | undefined)[] = [];
  const last = await serve((request, response) => {
    seen.push(request.headers.authorization, request.headers["x-kept"] as string);
    response.end("there");
  });
  const first = await serve((request, response) => {
    const hops = Number(request.url?.slice(1));
    response.writeHead(302, { location: hops > 1 ? `/${hops - 1}` : last.url("/end") }).end();
  });
  const http = client();
  const headers = { Authorization: "Bearer x", "X-Kept": "yes" };
  const response = await http.fetch(get(first.url("/3"), { headers }));
  expect([response.status, response.url, text(response.body)]).toEqual([200, last.url("/end"), "there"]);
  expect(seen).toEqual([undefined, "yes"]);
  await expect(http.fetch(get(first.url("/4")))).rejects.toThrow("more than 3 redirects");
  expect((await http.fetch(get(first.url("/1"), { maxRedirects: 0 }))).status).toBe(302);
});

test("a redirected POST becomes a GET for 303 and stays a POST for 307 (RFC 9110 §15.4)", async () => {
  const seen: string[] = [];
  const server = await serve((request, response) => {
    if (request.url === "/end") {
      request.setEncoding("utf8");
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        seen.push(`${request.method} ${body}`);
        response.end();
      });
    } else response.writeHead(Number(request.url?.slice(1)), { location: "/end" }).end();
  });
  const http = client();
  for (const status of [301, 302, 303, 307, 308]) {
    await http.fetch(get(server.url(`/${status}`), { method: "POST", body: "hello" }));
  }
  expect(seen).toEqual(["GET ", "GET ", "GET ", "POST hello", "POST hello"]);
});

test("a body longer than allowed is an error, or is cut where that was asked for", async () => {
  const server = await serve((request, response) => {
    if (request.url === "/declared") response.writeHead(200, { "content-length": "5000" });
    response.write("x".repeat(2_500));
    if (request.url !== "/endless") response.end("x".repeat(2_500));
  });
  const http = client();
  for (const path of ["/declared", "/chunked", "/endless"]) {
    await expect(http.fetch(get(server.url(path)))).rejects.toThrow("the body is longer than 1000 bytes");
    const cut = await http.fetch(get(server.url(path), { overflow: "cut" }));
    expect([cut.status, cut.body.length]).toEqual([200, 1000]);
  }
  expect((await http.fetch(get(server.url("/whole"), { maxBytes: 5_000 }))).body).toHaveLength(5_000);
});

test("a compressed body is bounded by what it grows to", async () => {
  const bomb = gzipSync(Buffer.alloc(5_000_000));
  const server = await serve((request, response) => {
    const coding = request.url?.slice(1) ?? "";
    const bodies: Record<string, Uint8Array> = {
      gzip: gzipSync("hello"),
      br: brotliCompressSync("hello"),
      "x-bomb": bomb,
      "x-damaged": Buffer.from("no gzip"),
      "gzip, gzip": gzipSync(bomb),
    };
    const name = decodeURIComponent(coding);
    response.writeHead(200, { "content-encoding": name.startsWith("x-") ? "gzip" : name }).end(bodies[name]);
  });
  const http = client();
  const fetch = (coding: string) => http.fetch(get(server.url(`/${encodeURIComponent(coding)}`), { maxBytes: 50_000 }));
  expect(text((await fetch("gzip")).body)).toBe("hello");
  expect(text((await fetch("br")).body)).toBe("hello");
  await expect(fetch("x-bomb")).rejects.toThrow("longer than 50000 bytes");
  await expect(fetch("x-damaged")).rejects.toThrow("the gzip body is damaged");
  await expect(fetch("gzip, gzip")).rejects.toThrow("content-encoding gzip, gzip is not supported");
});

test("an answer that does not begin, and one that does not end, are given up in time", async () => {
  const server = await serve((request, response) => {
    if (request.url === "/stalls") response.write("first");
  });
  const http = client();
  await expect(http.fetch(get(server.url("/silent"), { firstByteMs: 60 }))).rejects.toThrow("no answer within 60 ms");
  await expect(http.fetch(get(server.url("/stalls"), { firstByteMs: 5_000, timeoutMs: 120 }))).rejects.toThrow(
    "not complete within 120 ms",
  );
});

test("DNS that does not answer is given up in time too", async () => {
  const http = client({ resolve: () => new Promise(() => undefined) });
  await expect(http.fetch(get("http://silent.test/", { timeoutMs: 60 }))).rejects.toThrow("no answer within 60 ms");
});

test("what the network does wrong is media_unreachable", async () => {
  const server = await serve((request) => request.socket.destroy());
  const http = client();
  await expect(http.fetch(get(server.url()))).rejects.toMatchObject({ code: "media_unreachable" });
  const closed = await serve(() => undefined);
  await cleanups.pop()?.();
  const refused = http.fetch(get(closed.url()));
  await expect(refused).rejects.toMatchObject({
    code: "media_unreachable",
    message: expect.stringMatching(/ECONNREFUSED/),
  });
});

test("method, headers, body and credentials of the URL arrive", async () => {
  const server = await serve((request, response) => {
    const { host: _, connection, ...headers } = request.headers;
    request.resume().on("end", () => response.end(JSON.stringify({ method: request.method, headers, connection })));
  });
  const response = await client().fetch(
    get(server.url().replace("//", "//us%40er:pa%3Ass@"), { method: "PUT", headers: { "X-A": "b" }, body: "12345" }),
  );
  expect(JSON.parse(text(response.body))).toMatchObject({
    method: "PUT",
    headers: {
      "x-a": "b",
      "content-length": "5",
      authorization: `Basic ${Buffer.from("us@er:pa:ss").toString("base64")}`,
    },
  });
});

test("close lets go of idle connections", async () => {
  const server = await serve((_, response) => response.end("ok"));
  const http = makeHttpClient({ allowPrivate: true, clock: systemClock });
  await http.fetch(get(server.url()));
  await http.close();
  const probe = connect(server.port, "127.0.0.1");
  await new Promise((resolve) => probe.once("connect", resolve));
  probe.destroy();
  await expect(http.fetch(get(server.url()))).rejects.toMatchObject({ code: "media_unreachable" });
});
