/**
 * SIP over WebSocket, plain and secure (RFC 7118): browsers come in, nobody is called back but on their connection. One
 * message a frame, text or binary; the subprotocol `sip` is a must. Any origin may come: digest decides who is who.
 */
import { isUtf8 } from "node:buffer";
import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { PONG } from "../message/framer.ts";
import { CertificateFiles } from "./certificate.ts";
import { DEFAULT_FLOW_LIMITS, plainAddress } from "./flow-limits.ts";
import { type FlowSurroundings, Flows, type Wire } from "./flows.ts";
import { boundAddress, listenOn, stopServer } from "./listen.ts";
import type { OpenTransport, TransportSink } from "./transport.ts";

/** Longest message taken, as over UDP. */
const MAX_MESSAGE_BYTES = 64 * 1024;
const SUBPROTOCOL = "sip";

export function openWs(surroundings: FlowSurroundings): OpenTransport {
  return async (listener, sink) => {
    const server = createHttpServer(httpLimits(surroundings));
    await listenOn(server, listener);
    return serve("ws", server, { surroundings, sink, stop: () => stopServer(server) });
  };
}

export function openWss(surroundings: FlowSurroundings): OpenTransport {
  return async (listener, sink) => {
    const certificate = await CertificateFiles.open(listener, surroundings);
    const limits = httpLimits(surroundings);
    const secure = { minVersion: "TLSv1.2" as const, handshakeTimeout: limits.headersTimeout };
    const server = createHttpsServer({ ...certificate.pair, ...secure, ...limits });
    await listenOn(server, listener);
    certificate.watch((pair) => server.setSecureContext({ ...pair, ...secure }));
    server.on("tlsClientError", () => sink.count("wssHandshakeFailures"));
    const stop = (): Promise<void> => {
      certificate.close();
      return stopServer(server);
    };
    return serve("wss", server, { surroundings, sink, stop });
  };
}

function httpLimits({ limits = DEFAULT_FLOW_LIMITS }: FlowSurroundings) {
  const { connectMs, sweepEveryMs } = limits;
  return {
    headersTimeout: connectMs,
    requestTimeout: connectMs,
    connectionsCheckingInterval: sweepEveryMs,
    maxHeaderSize: 16 * 1024,
  };
}

function serve(
  transport: "ws" | "wss",
  server: Server,
  parts: { surroundings: FlowSurroundings; sink: TransportSink; stop: () => Promise<void> },
): Flows {
  const { surroundings, sink, stop } = parts;
  const flows = new Flows({ ...surroundings, transport, bound: boundAddress(server), sink, stop });
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  });
  server.on("connection", (socket) => flows.admit(socket));
  server.on("error", () => sink.count(`${transport}Errors`));
  server.on("request", (_, response) => {
    // RFC 9110 §15.5.22
    response.writeHead(426, { Upgrade: "websocket", Connection: "close", "Content-Type": "text/plain" });
    response.end("SIP over WebSocket (RFC 7118) is spoken here.\n");
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!offersSip(request)) {
      // RFC 7118 §4.1: without the subprotocol there is no SIP on the connection.
      sink.count(`${transport}RefusedConnections`);
      // From here on nobody else listens: a reset would end the process.
      socket.on("error", () => socket.destroy());
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    upgrader.handleUpgrade(request, socket, head, (webSocket) => take(flows, sink, webSocket, request));
  });
  return flows;
}

function offersSip(request: IncomingMessage): boolean {
  const offered = request.headers["sec-websocket-protocol"] ?? "";
  return offered.split(",").some((name) => name.trim().toLowerCase() === SUBPROTOCOL);
}

function take(flows: Flows, sink: TransportSink, webSocket: WebSocket, request: IncomingMessage): void {
  let problem = "the peer closed the connection";
  // First of all: an error that nobody listens to would end the process.
  webSocket.on("error", (error) => {
    problem = error.message;
    sink.count(`${flows.transport}FramingErrors`);
  });
  const address = plainAddress(request.socket.remoteAddress ?? "");
  // Gone while it shook hands.
  if (address === "") return webSocket.terminate();
  const flow = flows.open(wireOf(webSocket), { address, port: request.socket.remotePort ?? 0 }, true);
  webSocket.on("message", (data) => {
    flows.heard(flow);
    const bytes = bytesOf(data);
    if (!isKeepAlive(bytes)) sink.received(bytes, flow.peer);
    // RFC 5626 §4.4.1: CRLF CRLF asks, a single CRLF answers.
    else if (bytes.length === 4) webSocket.send(PONG, { binary: false });
  });
  webSocket.on("ping", () => flows.heard(flow));
  webSocket.on("pong", () => flows.heard(flow, { isPong: true }));
  webSocket.on("close", () => flows.drop(flow, problem));
}

function wireOf(webSocket: WebSocket): Wire {
  return {
    queuedBytes: () => webSocket.bufferedAmount,
    // RFC 7118 §4.2: text only when it is valid UTF-8.
    write: (bytes, written) => webSocket.send(bytes, { binary: !isUtf8(bytes) }, written),
    ping: () => webSocket.ping(),
    end: () => webSocket.close(1000),
    destroy: () => webSocket.terminate(),
  };
}

/** The message is the receiver's to keep: `ws` reuses nothing of what it hands out. */
function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function isKeepAlive(bytes: Uint8Array): boolean {
  return bytes.length <= 4 && bytes.every((byte) => byte === 0x0d || byte === 0x0a);
}
