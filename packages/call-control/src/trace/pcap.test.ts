import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addressBytes } from "./ip-bytes.ts";
import { makePcap } from "./pcap.ts";
import { type KeptMessage, Traces } from "./traces.ts";

function messages(ours: string, theirs: string, texts: readonly string[], limits = {}): readonly KeptMessage[] {
  const traces = new Traces(limits);
  traces.open("call");
  traces.bind("call", "x", "leg");
  texts.forEach((text, index) => {
    traces.add({
      direction: index % 2 === 0 ? "sent" : "received",
      peer: { transport: "tcp", address: theirs, port: 5090 },
      local: { address: ours, port: 5060 },
      callId: "x",
      wallMs: 1_700_000_000_000 + index * 250,
      bytes: Buffer.from(text),
    });
  });
  return traces.ofCall("call")!.messages;
}

const OPTIONS =
  "OPTIONS sip:b@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n" +
  "To: <sip:b@x>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nAuthorization: Digest response=0123\r\nContent-Length: 0\r\n\r\n";

/** RFC 1071: the sum over a packet that holds its own checksum is all ones. */
function foldedSum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

test("a capture holds each message between the two addresses at its time, secrets masked", () => {
  const file = Buffer.from(makePcap(messages("192.0.2.1", "192.0.2.7", [OPTIONS, "SIP/2.0 200 OK\r\n\r\n"])));
  // Classic pcap, big-endian, microseconds, version 2.4, LINKTYPE_RAW.
  expect(file.subarray(0, 24).toString("hex")).toBe("a1b2c3d400020004000000000000000000" + "00ffff" + "00000065");
  const first = file.subarray(24);
  expect([first.readUInt32BE(0), first.readUInt32BE(4), first.readUInt32BE(8)]).toEqual([
    1_700_000_000,
    0,
    28 + OPTIONS.length,
  ]);
  expect(first.subarray(16 + 28, 16 + 28 + OPTIONS.length).toString()).toBe(OPTIONS.replace("0123", "****"));
  const second = first.subarray(16 + 28 + OPTIONS.length);
  expect(second.readUInt32BE(4)).toBe(250_000);
  expect([...second.subarray(16 + 12, 16 + 20)]).toEqual([192, 0, 2, 7, 192, 0, 2, 1]);
  expect([second.readUInt16BE(16 + 20), second.readUInt16BE(16 + 22)]).toEqual([5090, 5060]);
});

test.each([
  ["192.0.2.1", "192.0.2.7", 20],
  ["2001:db8::1", "2001:db8::ffff:7", 40],
  ["192.0.2.1", "::ffff:192.0.2.7", 40],
])("between %s and %s the checksums are right (RFC 791, RFC 768, RFC 8200 §8.1)", (ours, theirs, ipBytes) => {
  const file = makePcap(messages(ours, theirs, ["odd"]));
  const packet = file.subarray(24 + 16);
  const view = new DataView(packet.buffer, packet.byteOffset);
  if (ipBytes === 20) expect(foldedSum(packet.subarray(0, 20))).toBe(0xffff);
  else expect([packet[0]! >> 4, view.getUint16(4)]).toEqual([6, 8 + 3]);
  const addresses = packet.subarray(ipBytes === 20 ? 12 : 8, ipBytes);
  expect(foldedSum(packet.subarray(ipBytes), foldedSum(addresses) + 17 + 8 + 3)).toBe(0xffff);
});

test("a message that was cut says how long it was", () => {
  const [record] = messages("192.0.2.1", "192.0.2.7", ["x".repeat(1000)], { messageBytes: 100 });
  const view = new DataView(makePcap([record!]).buffer);
  expect([view.getUint32(24 + 8), view.getUint32(24 + 12)]).toEqual([28 + 100, 28 + 1000]);
});

test("addresses are read as RFC 4291 §2.2 writes them, and nothing else is", () => {
  const hex = (address: string): string | undefined => {
    const bytes = addressBytes(address);
    return bytes && Buffer.from(bytes).toString("hex");
  };
  expect(hex("203.0.113.9")).toBe("cb007109");
  expect(hex("2001:db8::8:800:200c:417a")).toBe("20010db80000000000080800200c417a");
  expect(hex("::1")).toBe("00000000000000000000000000000001");
  expect(hex("fe80::1%eth0")).toBe("fe800000000000000000000000000001");
  expect(hex("1:2:3:4:5:6:7:8")).toBe("00010002000300040005000600070008");
  for (const wrong of [
    "",
    "1.2.3",
    "1.2.3.256",
    "example.com",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "12345::",
    "1:2:3:4:5:6:7::8",
  ])
    expect([wrong, hex(wrong)]).toEqual([wrong, undefined]);
});

test.runIf(hasTshark())("tshark reads it as SIP", () => {
  const folder = mkdtempSync(join(tmpdir(), "voepy-pcap-"));
  try {
    const file = join(folder, "call.pcap");
    writeFileSync(file, makePcap(messages("192.0.2.1", "2001:db8::7", [OPTIONS])));
    const out = execFileSync("tshark", ["-r", file, "-T", "fields", "-e", "sip.Method", "-e", "udp.checksum.status"]);
    expect(out.toString().trim()).toBe("OPTIONS\t1");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function hasTshark(): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => {
    try {
      execFileSync(join(folder, "tshark"), ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}
