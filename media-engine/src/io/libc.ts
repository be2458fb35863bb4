/**
 * The few functions of the C library the media loop calls, by FFI. Each returns -1 on failure and then `errno()` tells why;
 * none allocates on our side. Flag values are those of Linux, the same on x86-64 and arm64.
 */
import { arch, endianness, platform } from "node:os";
import { getSystemErrorName } from "node:util";
import koffi from "koffi";

export const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
export const EPOLL_CLOEXEC = 0x80000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
export const EFD_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
export const IPPROTO_IPV6 = 41;
export const IPV6_TCLASS = 67;
export const IPV6_V6ONLY = 26;

/** Size of struct epoll_event and where its data starts, in 32-bit words: packed on x86-64 only. */
export const EPOLL_EVENT_WORDS = arch() === "x64" ? 3 : 4;
export const EPOLL_DATA_WORD = arch() === "x64" ? 1 : 2;

export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(descriptor: number, address: Uint8Array, addressBytes: number): number;
  getsockname(descriptor: number, address: Uint8Array, addressBytes: Int32Array): number;
  setsockopt(descriptor: number, level: number, name: number, value: Int32Array, valueBytes: number): number;
  close(descriptor: number): number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, descriptor: number, event: Int32Array): number;
  epollWait(epoll: number, events: Int32Array, maxEvents: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  usleep(microseconds: number): number;
  read(descriptor: number, buffer: Uint8Array, bytes: number): number;
  receiveFrom(
    ...call: [
      descriptor: number,
      buffer: Uint8Array,
      bytes: number,
      flags: number,
      source: Uint8Array,
      sourceBytes: Int32Array,
    ]
  ): number;
  sendTo(
    ...call: [descriptor: number, buffer: Uint8Array, bytes: number, flags: number, to: Uint8Array, toBytes: number]
  ): number;
  errno(): number;
}

/** Throws an Error saying what is missing where system calls cannot be had. */
export function loadLibc(): Libc {
  if (platform() !== "linux" || (arch() !== "x64" && arch() !== "arm64") || endianness() !== "LE")
    throw new Error(`system calls for media are known for Linux on x64 and arm64, not for ${platform()} on ${arch()}`);
  const lib = koffi.load("libc.so.6");
  return {
    socket: lib.func("int socket(int, int, int)"),
    bind: lib.func("int bind(int, const void *, uint32_t)"),
    getsockname: lib.func("int getsockname(int, void *, void *)"),
    setsockopt: lib.func("int setsockopt(int, int, int, const void *, uint32_t)"),
    close: lib.func("int close(int)"),
    epollCreate: lib.func("int epoll_create1(int)"),
    epollControl: lib.func("int epoll_ctl(int, int, int, void *)"),
    epollWait: lib.func("int epoll_wait(int, void *, int, int)"),
    eventfd: lib.func("int eventfd(uint32_t, int)"),
    usleep: lib.func("int usleep(uint32_t)"),
    read: lib.func("int64 read(int, void *, uint64)"),
    receiveFrom: lib.func("int64 recvfrom(int, void *, uint64, int, void *, void *)"),
    sendTo: lib.func("int64 sendto(int, const void *, uint64, int, const void *, uint32_t)"),
    errno: () => koffi.errno(),
  };
}

/** An Error with the system's code, as Node's own carry it. */
export function systemError(libc: Libc, what: string): Error {
  const code = getSystemErrorName(-libc.errno());
  return Object.assign(new Error(`${what}: ${code}`), { code });
}
