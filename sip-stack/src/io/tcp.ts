/** SIP over TCP (RFC 3261 §18). */
import { connect, createServer } from "node:net";
import { type FlowSurroundings, Flows } from "./flows.ts";
import { boundAddress, listenOn, stopServer } from "./listen.ts";
import { dialSocket, takeSocket } from "./socket-wire.ts";
import type { OpenTransport } from "./transport.ts";

export function openTcp(surroundings: FlowSurroundings): OpenTransport {
  return async (listener, sink) => {
    const server = createServer({ noDelay: true });
    await listenOn(server, listener);
    const flows = new Flows({
      ...surroundings,
      transport: "tcp",
      bound: boundAddress(server),
      sink,
      dial: ({ address, port }) => {
        const socket = connect({ host: address, port, noDelay: true });
        return dialSocket(flows, sink, socket, { address, port, ready: "connect" });
      },
      stop: () => stopServer(server),
    });
    server.on("connection", (socket) => {
      if (flows.admit(socket)) takeSocket(flows, sink, socket);
    });
    server.on("error", () => sink.count("tcpErrors"));
    return flows;
  };
}
