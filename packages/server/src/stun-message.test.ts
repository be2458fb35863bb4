import { randomUint32, seededRandom } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { bindingRequest, readBindingAnswer } from "./stun-message.ts";

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
/** Of the sample messages of RFC 5769. */
const ID = bytesOf("b7e7a701 bc34d686 fa87dfae");
/** RFC 5769 §2.2 and §2.3, without SOFTWARE, MESSAGE-INTEGRITY and FINGERPRINT. */
const MAPPED_V4 = bytesOf("0101000c 2112a442 b7e7a701bc34d686fa87dfae 00200008 0001a147 e112a643");
const MAPPED_V6 = bytesOf(
  "01010018 2112a442 b7e7a701bc34d686fa87dfae 00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9",
);

describe("STUN", () => {
  test("a request is a header with the magic cookie and nothing else (RFC 8489 §5)", () => {
    expect(Buffer.from(bindingRequest(ID)).toString("hex")).toBe("000100002112a442b7e7a701bc34d686fa87dfae");
  });

  test("the address of RFC 5769 §2.2 and §2.3 is read", () => {
    expect(readBindingAnswer(MAPPED_V4, ID)).toEqual({ type: "mapped", address: "192.0.2.1", port: 32853 });
    expect(readBindingAnswer(MAPPED_V6, ID)).toEqual({
      type: "mapped",
      address: "2001:db8:1234:5678:11:2233:4455:6677",
      port: 32853,
    });
  });

  test("an old server's plain MAPPED-ADDRESS does (RFC 8489 §14.1)", () => {
    const plain = bytesOf("0101000c 2112a442 b7e7a701bc34d686fa87dfae 00010008 00018055 c0000201");
    expect(readBindingAnswer(plain, ID)).toEqual({ type: "mapped", address: "192.0.2.1", port: 32853 });
  });

  test("a refusal gives its code (RFC 8489 §14.8)", () => {
    const refused = bytesOf("01110008 2112a442 b7e7a701bc34d686fa87dfae 00090004 00000414");
    expect(readBindingAnswer(refused, ID)).toEqual({ type: "refused", code: 420 });
  });

  test("an answer to another request, or cut short, is none", () => {
    expect(readBindingAnswer(MAPPED_V4, bytesOf("000000000000000000000000"))).toEqual({ type: "other" });
    for (let length = 0; length < MAPPED_V4.length; length++) {
      expect(readBindingAnswer(MAPPED_V4.slice(0, length), ID)).toEqual({ type: "other" });
    }
  });

  test("ten thousand mutations are read without a throw", () => {
    const random = seededRandom(5389);
    for (let i = 0; i < 10_000; i++) {
      const bytes = Uint8Array.from(MAPPED_V6);
      for (let flips = 0; flips < 3; flips++) bytes[randomUint32(random) % bytes.length] = randomUint32(random) & 255;
      expect(["mapped", "refused", "other"]).toContain(readBindingAnswer(bytes, ID).type);
    }
  });
});
