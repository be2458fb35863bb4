/**
 * Where RTP meets the outside: datagrams in, datagrams out, and nothing else. Three backends meet it: system calls
 * (`syscall-rtp-io.ts`), `node:dgram` (`dgram-rtp-io.ts`) and the emulated network of the tests.
 * Addresses are IP literals; names were resolved long before.
 */
import { isIPv4, isIPv6 } from "node:net";

/** Names an open socket inside its RtpIo: a small whole number, good as an array index. */
export type RtpSocket = number;

/** The longest datagram kept; anything longer is cut there and so fails the parser's bounds. */
export const PACKET_BYTES = 2048;

/** One sender's address. The io reuses a single one for all packets: copy what you keep. */
export interface RtpEndpoint {
  /** The address as four 32-bit words, the first one most significant; IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). */
  readonly words: Uint32Array;
  udpPort: number;
}

/** A place to send to, prepared once so that sending costs nothing but the call. */
export interface RtpDestination {
  readonly address: string;
  readonly udpPort: number;
  readonly endpoint: RtpEndpoint;
  /** The same as a Linux sockaddr_in (16 bytes) or sockaddr_in6 (28 bytes). */
  readonly sockaddr: Uint8Array;
}

/** Called once a datagram. `packet` is the io's own buffer, to be changed and sent on but not kept; `size` bytes of it count. */
export type RtpSink = (socket: RtpSocket, packet: Uint8Array, size: number, source: RtpEndpoint) => void;

export interface RtpIo {
  /** True when `poll` sleeps for `waitMs`; false when it returns at once and `onReadable` tells when to come. */
  readonly waits: boolean;
  /**
   * Binds a UDP socket. Port 0 lets the system choose. Rejects with an Error whose `code` is the system's
   * (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, …).
   */
  open(address: string, udpPort: number): Promise<RtpSocket>;
  /** The port `socket` is bound to. */
  udpPortOf(socket: RtpSocket): number;
  /** Packets of it that were not yet taken are gone. */
  close(socket: RtpSocket): void;
  /** Takes what has arrived, at most `waitMs` from now, and gives each packet to `sink`. Returns how many. */
  poll(waitMs: number, sink: RtpSink): number;
  /** `readable` is called when something has arrived after a `poll`; it answers with another `poll(0, …)`. */
  onReadable(readable: () => void): void;
  /** Sends the first `size` bytes of `packet`, which may be reused at once. False: the system refused it. Never throws. */
  send(socket: RtpSocket, packet: Uint8Array, size: number, destination: RtpDestination): boolean;
  /** Closes everything. */
  shutdown(): void;
}

/** A backend that can give a socket to another thread of this process, since a descriptor belongs to the process. */
export interface MovableRtpIo extends RtpIo {
  /** Forgets `socket` without closing it. Returns its descriptor. */
  release(socket: RtpSocket): number;
  /** Takes over a released descriptor. */
  adopt(descriptor: number): RtpSocket;
}

const IPV4_MAPPED = 0xffff;

export function makeEndpoint(): RtpEndpoint {
  return { words: new Uint32Array(4), udpPort: 0 };
}

export function sameEndpoint(a: RtpEndpoint, b: RtpEndpoint): boolean {
  return a.udpPort === b.udpPort && sameAddress(a, b);
}

export function sameAddress(a: RtpEndpoint, b: RtpEndpoint): boolean {
  const x = a.words;
  const y = b.words;
  return x[3] === y[3] && x[2] === y[2] && x[1] === y[1] && x[0] === y[0];
}

export function copyEndpoint(from: RtpEndpoint, out: RtpEndpoint): void {
  out.words.set(from.words);
  out.udpPort = from.udpPort;
}

/** Reads an IP literal into `out`. False when `address` is none. */
export function readAddress(address: string, out: RtpEndpoint): boolean {
  if (isIPv4(address)) {
    out.words[0] = 0;
    out.words[1] = 0;
    out.words[2] = IPV4_MAPPED;
    out.words[3] = address.split(".").reduce((word, byte) => word * 256 + Number(byte), 0);
    return true;
  }
  if (!isIPv6(address)) return false;
  const groups = ipv6Groups(address);
  for (let i = 0; i < 4; i++) out.words[i] = (groups[2 * i] ?? 0) * 0x10000 + (groups[2 * i + 1] ?? 0);
  return true;
}

export function isIpv4Endpoint(endpoint: RtpEndpoint): boolean {
  const { words } = endpoint;
  return words[0] === 0 && words[1] === 0 && words[2] === IPV4_MAPPED;
}

/** The address as text; IPv6 in full groups without `::`. */
export function addressText(endpoint: RtpEndpoint): string {
  const { words } = endpoint;
  if (isIpv4Endpoint(endpoint)) {
    const word = words[3] ?? 0;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  return Array.from(words, (word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`).join(":");
}

/** Undefined when `address` is not an IP literal or `udpPort` is not 1–65535: such a place is never sent to. */
export function makeDestination(address: string, udpPort: number): RtpDestination | undefined {
  const endpoint = makeEndpoint();
  if (!readAddress(address, endpoint) || !Number.isInteger(udpPort) || udpPort < 1 || udpPort > 65_535)
    return undefined;
  endpoint.udpPort = udpPort;
  return { address, udpPort, endpoint, sockaddr: makeSockaddr(endpoint) };
}

export function destinationOf(endpoint: RtpEndpoint): RtpDestination {
  const own = makeEndpoint();
  copyEndpoint(endpoint, own);
  return { address: addressText(own), udpPort: own.udpPort, endpoint: own, sockaddr: makeSockaddr(own) };
}

export const AF_INET = 2;
export const AF_INET6 = 10;

/** struct sockaddr_in / sockaddr_in6 of Linux on little-endian machines: family in host order, port and address in network order. */
export function makeSockaddr(endpoint: RtpEndpoint): Uint8Array {
  const isV4 = isIpv4Endpoint(endpoint);
  const bytes = new Uint8Array(isV4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isV4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, endpoint.udpPort);
  if (isV4) view.setUint32(4, endpoint.words[3] ?? 0);
  else endpoint.words.forEach((word, i) => view.setUint32(8 + 4 * i, word));
  return bytes;
}

/** The eight groups of a valid IPv6 literal, `::` and a dotted tail (RFC 4291 §2.2) written out; a zone is dropped. */
function ipv6Groups(address: string): number[] {
  const [bare = ""] = address.split("%");
  const lastColon = bare.lastIndexOf(":");
  const dotted = bare.slice(lastColon + 1).split(".");
  const text = dotted.length === 4 ? `${bare.slice(0, lastColon + 1)}${hexPair(dotted)}` : bare;
  const [head = "", tail] = text.split("::");
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function groupsOf(part: string): number[] {
  return part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
}

/** The bytes of a dotted tail as two groups. */
function hexPair(bytes: readonly string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
