import { expect, test } from "vitest";
import { kindOf } from "./demux.ts";

test("tells RTCP from RTP by its packet type (RFC 5761 §4)", () => {
  expect(kindOf(Uint8Array.of(0x80, 200), 2)).toBe("rtcp");
  expect(kindOf(Uint8Array.of(0x81, 207), 2)).toBe("rtcp");
  expect(kindOf(Uint8Array.of(0x80, 0), 2)).toBe("rtp");
  expect(kindOf(Uint8Array.of(0x80, 0x80 | 101), 2)).toBe("rtp");
});

test("takes STUN, DTLS and stumps for neither (RFC 7983 §7)", () => {
  expect(kindOf(Uint8Array.of(0, 1), 2)).toBe("other");
  expect(kindOf(Uint8Array.of(22, 254), 2)).toBe("other");
  expect(kindOf(Uint8Array.of(0x80), 1)).toBe("other");
});
