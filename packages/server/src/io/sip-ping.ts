/**
 * One OPTIONS (RFC 3261 §11) from a port of its own, without a server around it: does that gateway answer. Any final
 * response is a sign of life; what it says is the caller's to judge.
 */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Clock, messageOf, type Random, randomHex, type Timer } from "@voepy/base";
import { headerOf, type ParseResult, parseMessage, StreamFramer, serialise } from "@voepy/sip-stack";

export interface PingTarget {
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: number;
}

export type PingResult =
  | { readonly type: "answered"; readonly status: number; readonly reason: string; readonly rttMs: number }
  /** Nothing came in time. */
  | { readonly type: "silent" }
  /** `code` of the system, such as ECONNREFUSED or ENOTFOUND. */
  | { readonly type: "failed"; readonly code: string; readonly problem: string };

export interface PingOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly withinMs: number;
}

/** RFC 3261 §17.1.2.2, timer E: when an unanswered request is sent again over UDP, ms after the first. */
const REPEATS_MS = [500, 1500];

/** Never rejects. The name is resolved before the time begins. */
export async function sipPing(target: PingTarget, options: PingOptions): Promise<PingResult> {
  try {
    const host = target.host.replace(/^\[|\]$/g, "");
    const { address } = await lookup(host);
    return await pingAddress({ target: { ...target, host }, options, address });
  } catch (thrown) {
    return failed(thrown);
  }
}

async function pingAddress(place: Omit<Attempt, "done">): Promise<PingResult> {
  const { clock, withinMs } = place.options;
  let timer: Timer | undefined;
  let close = (): void => undefined;
  const silence = new Promise<PingResult>((done) => {
    timer = clock.schedule(clock.nowMs() + withinMs, () => done({ type: "silent" }));
  });
  const answer = new Promise<PingResult>((done) => {
    const attempt = { ...place, done };
    close = place.target.transport === "udp" ? overUdp(attempt) : overStream(attempt);
  });
  const result = await Promise.race([answer, silence]);
  timer?.cancel();
  close();
  return result;
}

interface Attempt {
  readonly target: PingTarget;
  readonly options: PingOptions;
  /** What the host name stands for. */
  readonly address: string;
  readonly done: (result: PingResult) => void;
}

/** Returns what ends the attempt. */
function overUdp({ target, options, address, done }: Attempt): () => void {
  const { clock } = options;
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const repeats: Timer[] = [];
  socket.on("error", (error) => done(failed(error)));
  // A connected socket hears of ICMP: refused comes at once instead of silence.
  socket.connect(target.port, address, () => {
    const ping = makePing(target, socket.address(), options);
    const send = (): void => socket.send(ping.bytes, (error) => error && done(failed(error)));
    const sentMs = clock.nowMs();
    socket.on("message", (bytes) => ping.hear(parseMessage(bytes, { stream: false }), clock.nowMs() - sentMs, done));
    send();
    for (const delayMs of REPEATS_MS) repeats.push(clock.schedule(sentMs + delayMs, send));
  });
  return () => {
    for (const repeat of repeats) repeat.cancel();
    socket.close();
  };
}

function overStream({ target, options, address, done }: Attempt): () => void {
  const { clock } = options;
  const { host, port } = target;
  const begin = (): void => {
    const ping = makePing(target, { address: socket.localAddress ?? "0.0.0.0", port: socket.localPort ?? 0 }, options);
    const framer = new StreamFramer();
    const sentMs = clock.nowMs();
    socket.on("data", (bytes) => {
      for (const framed of framer.push(bytes)) {
        if (framed.type === "message") ping.hear(framed.result, clock.nowMs() - sentMs, done);
      }
    });
    socket.on("end", () =>
      done({ type: "failed", code: "EOF", problem: "the connection was closed without an answer" }),
    );
    socket.write(ping.bytes);
  };
  const socket: Socket =
    target.transport === "tls"
      ? connectTls({ host: address, port, ...(isIP(host) === 0 && { servername: host }) }, begin)
      : connectTcp({ host: address, port }, begin);
  socket.on("error", (error) => done(failed(error)));
  return () => void socket.destroy();
}

interface Ping {
  readonly bytes: Uint8Array;
  /** Takes the final response to this request, nothing else. */
  hear(result: ParseResult, rttMs: number, done: (result: PingResult) => void): void;
}

function makePing(target: PingTarget, local: { address: string; port: number }, { random }: PingOptions): Ping {
  const callId = randomHex(random, 16);
  const here = `${bracketed(local.address)}:${local.port}`;
  const uri = `sip:${bracketed(target.host)}:${target.port}${target.transport === "udp" ? "" : `;transport=${target.transport}`}`;
  const branch = `z9hG4bK${randomHex(random, 8)}`;
  const bytes = serialise({
    kind: "request",
    method: "OPTIONS",
    requestUri: uri,
    headers: [
      { name: "Via", value: `SIP/2.0/${target.transport.toUpperCase()} ${here};branch=${branch};rport` },
      { name: "Max-Forwards", value: "70" },
      { name: "From", value: `<sip:doctor@${here}>;tag=${randomHex(random, 8)}` },
      { name: "To", value: `<${uri}>` },
      { name: "Call-ID", value: callId },
      { name: "CSeq", value: "1 OPTIONS" },
      { name: "Contact", value: `<sip:doctor@${here}>` },
      { name: "Accept", value: "application/sdp" },
      { name: "User-Agent", value: "voepy doctor" },
    ],
    body: new Uint8Array(0),
  });
  return {
    bytes,
    hear(result, rttMs, done) {
      if (!result.ok || result.message.kind !== "response") return;
      const { status, reason } = result.message;
      if (status < 200 || headerOf(result.message, "call-id") !== callId) return;
      done({ type: "answered", status, reason, rttMs });
    },
  };
}

function failed(thrown: unknown): PingResult {
  const code = thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
  return { type: "failed", code, problem: messageOf(thrown) };
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
