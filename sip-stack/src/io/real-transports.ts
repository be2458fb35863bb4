/** The transports of an endpoint on real sockets. */
import type { TransportName } from "../ua/types.ts";
import type { FlowSurroundings } from "./flows.ts";
import type { SipEndpointOptions } from "./options.ts";
import { openTcp } from "./tcp.ts";
import { openTls } from "./tls.ts";
import type { OpenTransport } from "./transport.ts";
import { openUdp } from "./udp.ts";
import { openWs, openWss } from "./ws.ts";

export function realTransports({ clock, log, trustedCaFile }: SipEndpointOptions): OpenTransport {
  let flows = 0;
  const surroundings: FlowSurroundings = { clock, log, flowId: (transport) => `${transport}-${++flows}` };
  const open: Readonly<Record<TransportName, OpenTransport>> = {
    udp: openUdp,
    tcp: openTcp(surroundings),
    tls: openTls(surroundings, trustedCaFile),
    ws: openWs(surroundings),
    wss: openWss(surroundings),
  };
  return (listener, sink) => open[listener.transport](listener, sink);
}
