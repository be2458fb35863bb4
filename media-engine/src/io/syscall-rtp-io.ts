/**
 * RTP by system calls: one epoll set over non-blocking sockets, one `recvfrom` a packet, one `sendto` a packet, about a third
 * of what node:dgram costs. `poll` sleeps in `epoll_wait`, so this backend belongs in a thread of its own.
 */

import * as libcNames from "./libc.ts";
import {
  AF_INET,
  AF_INET6,
  isIpv4Endpoint,
  type MovableRtpIo,
  makeEndpoint,
  makeSockaddr,
  PACKET_BYTES,
  type RtpDestination,
  type RtpEndpoint,
  type RtpSink,
  type RtpSocket,
  readAddress,
} from "./rtp-io.ts";

const { loadLibc, systemError } = libcNames;

/** Ready sockets taken from the kernel at a time. */
const EVENTS = 1024;
const SOCKADDR_BYTES = 28;
/**
 * With many calls, being woken for each packet costs more than the packet. From this many packets a ms on, a caught-up
 * loop naps before it asks for packets, so that several share a wake-up. The system adds about 50 µs to the nap.
 */
const BUSY_PACKETS_PER_MS = 2;
const NAP_US = 150;
/** A poll that took as many has no time to nap. */
const BEHIND_PACKETS = 16;
/** How often the rate of packets is measured, ms. */
const RATE_MS = 20;
/** DSCP EF (RFC 4594 §4.1, telephony) in the upper six bits of the field. */
const TOS_EXPEDITED = 0xb8;

export interface SyscallRtpIo extends MovableRtpIo {
  /** An eventfd: any thread that writes a 64-bit 1 to it ends the current `poll`. */
  readonly wakeDescriptor: number;
  readonly epollDescriptor: number;
  /** A `poll` has met the wake since `takeWake`, which tells and forgets it. */
  readonly isWoken: boolean;
  takeWake(): boolean;
}

/** Throws an Error saying what is missing where system calls cannot be had. */
export function makeSyscallRtpIo(): SyscallRtpIo {
  const libc = loadLibc();
  const need = (result: number, what: string): number => {
    if (result < 0) throw systemError(libc, what);
    return result;
  };
  const epoll = need(libc.epollCreate(libcNames.EPOLL_CLOEXEC), "epoll_create1");
  const wakeDescriptor = need(libc.eventfd(0, libcNames.EFD_NONBLOCK_CLOEXEC), "eventfd");
  const open = new Map<RtpSocket, number>();
  const watch = (descriptor: number): void => {
    need(libc.epollControl(epoll, libcNames.EPOLL_CTL_ADD, descriptor, epollEvent(descriptor)), "epoll_ctl");
  };
  watch(wakeDescriptor);

  const close = (socket: RtpSocket): void => {
    if (open.delete(socket)) libc.close(socket);
  };
  const transfer = makeTransfer(libc, epoll, wakeDescriptor);
  return {
    waits: true,
    wakeDescriptor,
    epollDescriptor: epoll,
    open: async (address, udpPort) => {
      const descriptor = openSocket(libc, address, udpPort);
      watch(descriptor);
      open.set(descriptor, boundPort(libc, descriptor));
      return descriptor;
    },
    udpPortOf: (socket) => open.get(socket) ?? 0,
    close,
    poll: transfer.poll,
    send: transfer.send,
    takeWake: transfer.takeWake,
    get isWoken() {
      return transfer.isWoken;
    },
    onReadable: () => undefined,
    release: (socket) => {
      open.delete(socket);
      need(libc.epollControl(epoll, libcNames.EPOLL_CTL_DEL, socket, epollEvent(socket)), "epoll_ctl");
      return socket;
    },
    adopt: (descriptor) => {
      watch(descriptor);
      open.set(descriptor, boundPort(libc, descriptor));
      return descriptor;
    },
    shutdown: () => {
      for (const socket of open.keys()) close(socket);
      libc.close(wakeDescriptor);
      libc.close(epoll);
    },
  };
}

/** `poll`, `send` and the wake: all that happens per packet. */
function makeTransfer(
  libc: libcNames.Libc,
  epoll: number,
  wakeDescriptor: number,
): Pick<SyscallRtpIo, "poll" | "send" | "takeWake" | "isWoken"> {
  const events = new Int32Array(EVENTS * libcNames.EPOLL_EVENT_WORDS);
  const packet = new Uint8Array(PACKET_BYTES);
  const sockaddr = new Uint8Array(SOCKADDR_BYTES);
  const sockaddrBytes = new Int32Array(1);
  const source = makeEndpoint();
  const wakes = new Uint8Array(8);
  let isWoken = false;
  const { epollWait, receiveFrom, sendTo } = libc;

  const receive = (socket: number, sink: RtpSink): boolean => {
    sockaddrBytes[0] = SOCKADDR_BYTES;
    const size = receiveFrom(socket, packet, PACKET_BYTES, 0, sockaddr, sockaddrBytes);
    if (size < 0) return false;
    readSockaddr(sockaddr, source);
    sink(socket, packet, size, source);
    return true;
  };
  let taken = 0;
  let rateSinceMs = performance.now();
  let ratePackets = 0;
  let isBusy = false;
  const measureRate = (): void => {
    ratePackets += taken;
    const nowMs = performance.now();
    if (nowMs - rateSinceMs < RATE_MS) return;
    isBusy = ratePackets > BUSY_PACKETS_PER_MS * (nowMs - rateSinceMs);
    ratePackets = 0;
    rateSinceMs = nowMs;
  };
  return {
    poll(waitMs: number, sink: RtpSink): number {
      if (isBusy && waitMs > 0 && taken < BEHIND_PACKETS) libc.usleep(NAP_US);
      const ready = epollWait(epoll, events, EVENTS, waitMs);
      taken = 0;
      for (let i = 0; i < ready; i++) {
        const descriptor = events[i * libcNames.EPOLL_EVENT_WORDS + libcNames.EPOLL_DATA_WORD]!;
        if (descriptor === wakeDescriptor) isWoken = libc.read(wakeDescriptor, wakes, 8) > 0;
        else if (receive(descriptor, sink)) taken++;
      }
      measureRate();
      return taken;
    },
    get isWoken() {
      return isWoken;
    },
    takeWake() {
      const woken = isWoken;
      isWoken = false;
      return woken;
    },
    send: (socket: RtpSocket, bytes: Uint8Array, size: number, destination: RtpDestination): boolean =>
      sendTo(socket, bytes, size, 0, destination.sockaddr, destination.sockaddr.length) === size,
  };
}

function openSocket(libc: libcNames.Libc, address: string, udpPort: number): number {
  const endpoint = makeEndpoint();
  if (!readAddress(address, endpoint)) throw new Error(`${address} is not an IP address`);
  endpoint.udpPort = udpPort;
  const isV4 = isIpv4Endpoint(endpoint);
  const descriptor = libc.socket(isV4 ? AF_INET : AF_INET6, libcNames.SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (descriptor < 0) throw systemError(libc, "socket");
  const set = (level: number, name: number, value: number): number =>
    libc.setsockopt(descriptor, level, name, new Int32Array([value]), 4);
  // The mark is a wish to routers: a system that refuses it still carries the call.
  if (isV4) set(libcNames.IPPROTO_IP, libcNames.IP_TOS, TOS_EXPEDITED);
  else {
    set(libcNames.IPPROTO_IPV6, libcNames.IPV6_V6ONLY, 1);
    set(libcNames.IPPROTO_IPV6, libcNames.IPV6_TCLASS, TOS_EXPEDITED);
  }
  const sockaddr = makeSockaddr(endpoint);
  if (libc.bind(descriptor, sockaddr, sockaddr.length) < 0) {
    const error = systemError(libc, `bind ${address} port ${udpPort}`);
    libc.close(descriptor);
    throw error;
  }
  return descriptor;
}

function boundPort(libc: libcNames.Libc, descriptor: number): number {
  const sockaddr = new Uint8Array(SOCKADDR_BYTES);
  if (libc.getsockname(descriptor, sockaddr, new Int32Array([SOCKADDR_BYTES])) < 0)
    throw systemError(libc, "getsockname");
  const endpoint = makeEndpoint();
  readSockaddr(sockaddr, endpoint);
  return endpoint.udpPort;
}

function epollEvent(descriptor: number): Int32Array {
  const event = new Int32Array(libcNames.EPOLL_EVENT_WORDS);
  event[0] = libcNames.EPOLLIN;
  event[libcNames.EPOLL_DATA_WORD] = descriptor;
  return event;
}

/** Reads struct sockaddr_in or sockaddr_in6 into `out`. */
function readSockaddr(sockaddr: Uint8Array, out: RtpEndpoint): void {
  const { words } = out;
  out.udpPort = (sockaddr[2]! << 8) | sockaddr[3]!;
  if (sockaddr[0] === AF_INET) {
    words[0] = 0;
    words[1] = 0;
    words[2] = 0xffff;
    words[3] = word(sockaddr, 4);
    return;
  }
  for (let i = 0; i < 4; i++) words[i] = word(sockaddr, 8 + 4 * i);
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
