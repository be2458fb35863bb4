/**
 * The WebSocket of a fork: we are the client, the peer is whoever the URL names. The address is judged and then connected to; TLS is
 * verified; nothing is compressed; what the peer sends is bounded; a peer that does not answer pings is dropped.
 */
import { checkUrl, judgedLookup, messageOf } from "@voepy/base";
import { type RawData, WebSocket } from "ws";
import type { ConnectFork, ForkMessage, ForkSocket, ForkSocketListener, ForkTarget } from "../fork/socket.ts";

const HANDSHAKE_MS = 5000;
const PING_MS = 20_000;
/** A peer may take so long to answer our close, ms. */
const CLOSE_MS = 2000;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const PONG_ROOM_BYTES = 16 * 1024;
const NORMAL = 1000;
const LOST = 1006;
const PROTOCOL_ERROR = 1002;
const TOO_LARGE = 1009;

/** `resolve`: as of `judgedLookup`. */
export function makeForkConnector(resolve?: (host: string) => Promise<readonly string[]>): ConnectFork {
  return (target, listener) => {
    try {
      return connect(target, listener, resolve);
    } catch (error) {
      queueMicrotask(() => listener.onClosed({ code: LOST, reason: messageOf(error) }));
      return { send: () => undefined, queuedBytes: () => 0, close: () => undefined };
    }
  };
}

function connect(
  target: ForkTarget,
  listener: ForkSocketListener,
  resolve: ((host: string) => Promise<readonly string[]>) | undefined,
): ForkSocket {
  const url = checkUrl(target.url, target.allowPrivate, ["ws:", "wss:"]);
  const socket = new WebSocket(url, target.subprotocol === undefined ? [] : [target.subprotocol], {
    headers: target.headers,
    // Which nobody asks for a literal address: that was judged with the URL.
    lookup: judgedLookup({ allowPrivate: target.allowPrivate, ...(resolve === undefined ? {} : { resolve }) }),
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    autoPong: false,
  });
  let isAnswering = true;
  let problem = "";
  let broken: number | undefined;
  const pinger = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!isAnswering) return socket.terminate();
    isAnswering = false;
    socket.ping();
  }, PING_MS);
  socket.on("ping", (data) => {
    // RFC 6455 §5.5.3 lets several pings be answered by one pong: a flood of them must not pile up answers.
    if (socket.bufferedAmount < PONG_ROOM_BYTES) socket.pong(data);
  });
  socket.on("pong", () => {
    isAnswering = true;
  });
  socket.on("open", () => listener.onOpen());
  socket.on("message", (data, isBinary) => {
    isAnswering = true;
    listener.onMessage(messageIn(data, isBinary));
  });
  socket.on("error", (error) => {
    problem = error.message;
    if (socket.readyState !== WebSocket.CONNECTING) broken = brokenBy(error);
  });
  socket.on("close", (code, reason) => {
    clearInterval(pinger);
    listener.onClosed({ code: broken ?? code, reason: problem || reason.toString() || "the connection was lost" });
  });
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message, ignoreOutcome);
    },
    queuedBytes: () => socket.bufferedAmount,
    close() {
      socket.close(NORMAL);
      setTimeout(() => socket.terminate(), CLOSE_MS).unref();
    },
  };
}

/** RFC 6455 §7.4.1: what we closed the connection with when the peer broke the rules; undefined when the network did. */
function brokenBy(error: Error): number | undefined {
  const code = "code" in error ? String(error.code) : "";
  if (!code.startsWith("WS_ERR_")) return undefined;
  return code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" ? TOO_LARGE : PROTOCOL_ERROR;
}

/** What becomes of the connection is told by its close. */
function ignoreOutcome(): void {}

function messageIn(data: RawData, isBinary: boolean): ForkMessage {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
  return isBinary ? bytes : bytes.toString();
}
