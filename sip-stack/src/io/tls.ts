/** SIP over TLS (RFC 3261 §26.2, RFC 5922): the flows of TCP with a certificate at either end. TLS 1.2 or newer. */
import { readFile } from "node:fs/promises";
import { connect, createServer, rootCertificates, type Server } from "node:tls";
import { CodedError, messageOf } from "@voepy/base";
import { isIpv4, isIpv6 } from "../message/ip.ts";
import type { Hop } from "../ua/hop.ts";
import { CertificateFiles } from "./certificate.ts";
import { DEFAULT_FLOW_LIMITS } from "./flow-limits.ts";
import { type Flow, type FlowSurroundings, Flows } from "./flows.ts";
import { boundAddress, listenOn, stopServer } from "./listen.ts";
import { checkPeerName } from "./peer-name.ts";
import { dialSocket, takeSocket } from "./socket-wire.ts";
import type { OpenTransport, TransportSink } from "./transport.ts";

const MIN_VERSION = "TLSv1.2";

/** `trustedCaFile`: PEM certificates trusted beside the well-known ones, for peers with a private authority. */
export function openTls(surroundings: FlowSurroundings, trustedCaFile?: string): OpenTransport {
  return async (listener, sink) => {
    const certificate = await CertificateFiles.open(listener, surroundings);
    const ca = await trusted(trustedCaFile);
    const handshakeTimeout = (surroundings.limits ?? DEFAULT_FLOW_LIMITS).connectMs;
    const server = createServer({ ...certificate.pair, minVersion: MIN_VERSION, handshakeTimeout });
    await listenOn(server, listener);
    const flows = new Flows({
      ...surroundings,
      transport: "tls",
      bound: boundAddress(server),
      sink,
      dial: (to) => dial(flows, sink, to, { ca, certificate }),
      stop: () => {
        certificate.close();
        return stopServer(server);
      },
    });
    accept(server, flows, sink);
    certificate.watch((pair) => server.setSecureContext({ ...pair, minVersion: MIN_VERSION }));
    return flows;
  };
}

function accept(server: Server, flows: Flows, sink: TransportSink): void {
  // Before the handshake: a stalled one counts against its address too.
  server.on("connection", (socket) => flows.admit(socket));
  server.on("secureConnection", (socket) => takeSocket(flows, sink, socket));
  server.on("tlsClientError", (_, socket) => {
    sink.count("tlsHandshakeFailures");
    // Node leaves one whose handshake timed out open.
    socket.destroy();
  });
  server.on("error", () => sink.count("tlsErrors"));
}

/** The certificate must be for the name that was asked for, never for one that DNS gave on the way (RFC 5922 §4). */
function dial(
  flows: Flows,
  sink: TransportSink,
  to: Hop,
  own: { ca: string[] | undefined; certificate: CertificateFiles },
): Flow {
  const wanted = to.name ?? to.address;
  // RFC 6066 §3: no literal addresses in the server name indication.
  const isLiteral = isIpv4(wanted) || isIpv6(wanted);
  const socket = connect({
    host: to.address,
    port: to.port,
    ...own.certificate.pair,
    minVersion: MIN_VERSION,
    ...(own.ca !== undefined && { ca: own.ca }),
    ...(!isLiteral && { servername: wanted }),
    checkServerIdentity: (_, certificate) => checkPeerName(wanted, certificate),
  });
  socket.setNoDelay(true);
  return dialSocket(flows, sink, socket, {
    address: to.address,
    port: to.port,
    name: to.name,
    ready: "secureConnect",
  });
}

async function trusted(file: string | undefined): Promise<string[] | undefined> {
  if (file === undefined) return undefined;
  try {
    return [...rootCertificates, await readFile(file, "utf8")];
  } catch (thrown) {
    throw new CodedError("internal_error", `trusted certificates ${file} cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}
