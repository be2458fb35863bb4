/**
 * The callers of the fork bench: each packet of 20 ms is one code, the next packet the next code, so that what comes back
 * tells when it was said.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { FromPhones, ToPhones } from "./fork-messages.ts";

const CODES = 100;
const HEADER_BYTES = 12;
const tell = (message: FromPhones): void => void process.send?.(message);

interface Phone {
  readonly socket: Socket;
  readonly sentMs: number[];
  readonly packet: Buffer;
  target: number;
  count: number;
  lastCode: number;
}

const phones: Phone[] = [];
let latenciesMs: number[] = [];
let worstLateMs = 0;
let isMeasuring = false;

async function open(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const phone: Phone = {
      socket,
      sentMs: [],
      packet: Buffer.alloc(HEADER_BYTES + 160),
      target: 0,
      count: 0,
      lastCode: 0,
    };
    phone.packet[0] = 0x80;
    phone.packet.writeUInt32BE(i + 1, 8);
    socket.on("message", (bytes) => hear(phone, bytes));
    phones.push(phone);
  }
  tell({ type: "opened", udpPorts: phones.map(({ socket }) => socket.address().port) });
}

function hear(phone: Phone, bytes: Buffer): void {
  // Its last code is the youngest.
  const code = bytes[bytes.length - 1]!;
  if (code === phone.lastCode || code < 1 || code > CODES) return;
  phone.lastCode = code;
  const sentMs = phone.sentMs[code];
  if (isMeasuring && sentMs !== undefined) latenciesMs.push(performance.now() - sentMs);
}

function speak(phone: Phone): void {
  const code = (phone.count % CODES) + 1;
  phone.packet.writeUInt16BE(phone.count & 0xffff, 2);
  phone.packet.writeUInt32BE((phone.count * 160) >>> 0, 4);
  phone.packet.fill(code, HEADER_BYTES);
  phone.count++;
  phone.sentMs[code] = performance.now();
  phone.socket.send(phone.packet, phone.target, "127.0.0.1");
}

/** Spread over the 20 ms, by absolute time. */
function run(): void {
  const startMs = performance.now();
  let next = 0;
  const turn = (): void => {
    const nowMs = performance.now();
    for (; startMs + (next * 20) / phones.length <= nowMs; next++) {
      worstLateMs = Math.max(worstLateMs, nowMs - startMs - (next * 20) / phones.length);
      speak(phones[next % phones.length]!);
    }
    setTimeout(turn, 1);
  };
  turn();
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToPhones) => {
  switch (message.type) {
    case "open":
      void open(message.count);
      break;
    case "call":
      for (const [i, phone] of phones.entries()) phone.target = message.udpPorts[i]!;
      run();
      break;
    case "begin":
      latenciesMs = [];
      worstLateMs = 0;
      isMeasuring = true;
      break;
    case "end":
      tell({ type: "measured", latenciesMs, worstLateMs });
  }
});
