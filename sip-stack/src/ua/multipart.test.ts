import { expect, test } from "vitest";
import { partOf } from "./multipart.ts";

const TYPE = 'multipart/mixed;boundary="edge-1"';
const body = (text: string): Uint8Array => Buffer.from(text.replaceAll("\n", "\r\n"));
const textOf = (part: Uint8Array | undefined): string | undefined =>
  part === undefined ? undefined : Buffer.from(part).toString();

test("the SDP part is found among others, without the line end that belongs to the delimiter (RFC 2046 §5.1.1)", () => {
  const mixed = body(
    "preamble\n--edge-1\nContent-Type: application/isup;version=itu\nContent-Disposition: signal;handling=optional\n\n\x01\x02\n--edge-1\nContent-Type: Application/SDP\n\nv=0\ns=-\n--edge-1--\nepilogue",
  );
  expect(textOf(partOf(TYPE, mixed, "application/sdp"))).toBe("v=0\r\ns=-");
  expect(textOf(partOf(TYPE, mixed, "application/isup"))).toBe("\x01\x02");
  expect(partOf(TYPE, mixed, "text/plain")).toBeUndefined();
});

test("a body that is cut off gives what is there; without a boundary there are no parts", () => {
  expect(textOf(partOf(TYPE, body("--edge-1\nContent-Type: application/sdp\n\nv=0\n"), "application/sdp"))).toBe(
    "v=0\r\n",
  );
  expect(
    partOf("multipart/mixed", body("--edge-1\nContent-Type: application/sdp\n\nv=0\n"), "application/sdp"),
  ).toBeUndefined();
  expect(partOf(TYPE, body("--edge-1"), "application/sdp")).toBeUndefined();
});

test("thousands of empty parts are not looked at", () => {
  const flood = body(`${"--edge-1\n\n".repeat(10_000)}--edge-1\nContent-Type: application/sdp\n\nv=0\n--edge-1--`);
  expect(partOf(TYPE, flood, "application/sdp")).toBeUndefined();
});
