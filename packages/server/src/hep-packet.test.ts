import type { TracedMessage } from "@voepy/sip-stack";
import { expect, test } from "vitest";
import { makeHepPacket } from "./hep-packet.ts";

const TEXT = "OPTIONS sip:b@x SIP/2.0\r\nAuthorization: Digest response=0123\r\n\r\n";

function message(more: Partial<TracedMessage> = {}): TracedMessage {
  return {
    direction: "received",
    peer: { transport: "udp", address: "192.0.2.7", port: 5090 },
    local: { address: "192.0.2.1", port: 5060 },
    callId: "abc@x",
    wallMs: 1_700_000_000_123,
    bytes: Buffer.from(TEXT),
    ...more,
  };
}

/** Chunks by type, as hexadecimal. */
function chunksOf(packet: Uint8Array): Record<number, string> {
  const bytes = Buffer.from(packet);
  expect(bytes.subarray(0, 4).toString()).toBe("HEP3");
  expect(bytes.readUInt16BE(4)).toBe(bytes.length);
  const chunks: Record<number, string> = {};
  for (let at = 6; at < bytes.length; at += bytes.readUInt16BE(at + 4)) {
    expect(bytes.readUInt16BE(at)).toBe(0);
    chunks[bytes.readUInt16BE(at + 2)] = bytes.subarray(at + 6, at + bytes.readUInt16BE(at + 4)).toString("hex");
  }
  return chunks;
}

test("a HEP 3 packet says who, when, what and for which call", () => {
  const packet = makeHepPacket(message(), { captureId: 2001, password: "pw" });
  expect(chunksOf(packet!)).toEqual({
    1: "02",
    2: "11",
    3: "c0000207",
    4: "c0000201",
    7: "13e2",
    8: "13c4",
    9: "6553f100",
    10: "0001e078",
    11: "01",
    12: "000007d1",
    14: Buffer.from("pw").toString("hex"),
    15: Buffer.from(TEXT.replace("0123", "****")).toString("hex"),
    17: Buffer.from("abc@x").toString("hex"),
  });
});

test("what we sent goes from us to the peer; IPv6 and TCP have their own numbers", () => {
  const peer = { transport: "tcp", address: "2001:db8::7", port: 5061 } as const;
  const packet = makeHepPacket(
    message({ direction: "sent", peer, local: { address: "2001:db8::1", port: 5060 }, callId: "" }),
    { captureId: 1 },
  );
  const chunks = chunksOf(packet!);
  expect(chunks).toMatchObject({ 1: "0a", 2: "06", 7: "13c4", 8: "13c5" });
  expect([chunks[5], chunks[6]]).toEqual(["20010db8000000000000000000000001", "20010db8000000000000000000000007"]);
  expect(Object.keys(chunks)).not.toContain("14");
  expect(Object.keys(chunks)).not.toContain("17");
});

test("a message that no datagram can carry makes no packet", () => {
  expect(makeHepPacket(message({ bytes: Buffer.alloc(65_500) }), { captureId: 1 })).toBeUndefined();
});
