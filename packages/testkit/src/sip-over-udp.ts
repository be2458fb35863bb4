/** The `transports` option of a SIP endpoint that lives on an emulated host, or on loopback without the stack's own sockets. */
import { CodedError, messageOf } from "@voepy/base";
import type { OpenTransport } from "@voepy/sip-stack";
import type { UdpNetwork } from "./udp.ts";

/** UDP only: a stream over a network that loses packets would need TCP itself. */
export function sipOverUdp(network: UdpNetwork): OpenTransport {
  return async (listener, sink) => {
    const where = `${listener.transport} ${listener.host}:${listener.port}`;
    if (listener.transport !== "udp") throw new CodedError("internal_error", `this network does not carry ${where}`);
    try {
      const socket = await network.bind({
        address: listener.host,
        port: listener.port,
        onPacket: (bytes, from) => sink.received(bytes, { transport: "udp", ...from }),
      });
      return {
        transport: "udp",
        bound: { address: socket.address, port: socket.port },
        send: (bytes, to) => socket.send(bytes, to),
        close: async () => socket.close(),
      };
    } catch (problem) {
      throw new CodedError("internal_error", `cannot listen on ${where}: ${messageOf(problem)}`, { cause: problem });
    }
  };
}
