/**
 * CPU time of tracing one answered call: seven messages kept, and the call opened, bound and ended; no parsing, as when
 * nobody looks. Run: node packages/call-control/bench/trace.bench.ts [calls]
 */
import type { TracedMessage } from "@voepy/sip-stack";
import { Traces } from "../src/trace/traces.ts";

const calls = Number(process.argv[2] ?? 100_000);
const HEAD =
  "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0123456789abcdef;rport\r\nMax-Forwards: 70\r\n" +
  "From: <sip:+12025550100@192.0.2.1>;tag=0123456789abcdef\r\nTo: <sip:+12025550123@192.0.2.2>;tag=fedcba9876543210\r\n" +
  "Call-ID: 0123456789abcdef0123456789abcdef\r\nCSeq: 1 INVITE\r\nContact: <sip:voepy@192.0.2.1:5060>\r\n";
const SDP = "Content-Type: application/sdp\r\nContent-Length: 240\r\n\r\n".padEnd(
  300,
  "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n",
);
const messages: readonly [TracedMessage["direction"], Buffer][] = [
  ["sent", Buffer.from(`INVITE sip:+12025550123@192.0.2.2 SIP/2.0\r\n${HEAD}${SDP}`)],
  ["received", Buffer.from(`SIP/2.0 100 Trying\r\n${HEAD}\r\n`)],
  ["received", Buffer.from(`SIP/2.0 180 Ringing\r\n${HEAD}\r\n`)],
  ["received", Buffer.from(`SIP/2.0 200 OK\r\n${HEAD}${SDP}`)],
  ["sent", Buffer.from(`ACK sip:x@192.0.2.2 SIP/2.0\r\n${HEAD}\r\n`)],
  ["sent", Buffer.from(`BYE sip:x@192.0.2.2 SIP/2.0\r\n${HEAD}\r\n`)],
  ["received", Buffer.from(`SIP/2.0 200 OK\r\n${HEAD}\r\n`)],
];
const traces = new Traces();

function traceCall(index: number): void {
  const id = `voepy_call_${index}`;
  const callId = `call-${index}`;
  traces.open(id);
  for (const [order, [direction, bytes]] of messages.entries()) {
    traces.add({
      direction,
      peer: { transport: "udp", address: "192.0.2.2", port: 5060 },
      local: { address: "192.0.2.1", port: 5060 },
      callId,
      wallMs: index,
      bytes,
    });
    if (order === 0) traces.bind(id, callId, "leg");
  }
  traces.end(id);
}

for (let i = 0; i < 5000; i++) traceCall(-1 - i);
const before = process.cpuUsage();
for (let i = 0; i < calls; i++) traceCall(i);
const { user, system } = process.cpuUsage(before);
console.log(`tracing an answered call: ${((user + system) / calls).toFixed(1)} µs CPU`);
console.log(JSON.stringify(traces.counters()));
console.log(`heap: ${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB`);
