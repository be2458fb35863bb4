/** Endpoints on real loopback sockets, with what they were told, for @net tests. */
import { fileURLToPath } from "node:url";
import { seededRandom, silentLog, systemClock } from "@voepy/base";
import { makeSipEndpoint } from "../src/io/driver.ts";
import type { RunningSipEndpoint, SipEndpointOptions } from "../src/io/options.ts";
import type { Listener, OutgoingInvite, SipEvent, TransportName, UserAgentHooks } from "../src/ua/types.ts";

export const SDP =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";

export const trusting: UserAgentHooks = { screen: () => ({ type: "trust", label: "test" }), password: () => undefined };

/** Of test/certificates. */
export const certificate = (file: string): string => fileURLToPath(new URL(`./certificates/${file}`, import.meta.url));

const open: (() => unknown)[] = [];

/** To be closed by `closeAll`, last first. */
export function closeLater(close: () => unknown): void {
  open.push(close);
}

export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

export interface Party {
  readonly endpoint: RunningSipEndpoint;
  /** Of the first listener. */
  readonly port: number;
  readonly seen: SipEvent[];
  /** The next event of that type, also one that came before. */
  next<T extends SipEvent["type"]>(type: T): Promise<SipEvent & { type: T }>;
  /** Calls that target with an offer. */
  call(target: OutgoingInvite["target"], more?: Partial<OutgoingInvite>): string;
}

export function listenerOf(transport: TransportName, host = "127.0.0.1"): Listener {
  const pair = { cert: certificate("sip.test.crt"), key: certificate("sip.test.key") };
  return { transport, host, port: 0, ...((transport === "tls" || transport === "wss") && pair) };
}

export async function party(
  listeners: readonly Listener[],
  seed: number,
  more: Partial<SipEndpointOptions> = {},
): Promise<Party> {
  const seen: SipEvent[] = [];
  const waiting: (() => void)[] = [];
  const endpoint = await makeSipEndpoint({
    listeners,
    domain: "voepy.local",
    userAgentName: "test",
    clock: systemClock,
    random: seededRandom(seed),
    log: silentLog,
    hooks: trusting,
    trustedCaFile: certificate("authority.crt"),
    onEvent: (event) => {
      seen.push(event);
      for (const wake of waiting.splice(0)) wake();
    },
    ...more,
  });
  closeLater(() => endpoint.close());
  const next = async <T extends SipEvent["type"]>(type: T): Promise<SipEvent & { type: T }> => {
    for (;;) {
      const found = seen.find((event): event is SipEvent & { type: T } => event.type === type);
      if (found !== undefined) return found;
      await new Promise<void>((wake) => waiting.push(wake));
    }
  };
  const call = (target: OutgoingInvite["target"], about: Partial<OutgoingInvite> = {}): string =>
    endpoint.invite({
      target,
      requestUri: "sip:bob@voepy.local",
      from: { uri: "sip:alice@voepy.local", displayName: "" },
      to: { uri: "sip:bob@voepy.local", displayName: "" },
      sdp: SDP,
      headers: [],
      ...about,
    });
  return { endpoint, port: endpoint.listeners()[0]!.port, seen, next, call };
}
