import { describe, expect, test } from "vitest";
import { makeTestClock, START_MS } from "../test/clock.ts";
import { makeLinks } from "./sign.ts";

const ID = "voepy_rec_01HZ0000000000000000000000";

function makeParts() {
  const clock = makeTestClock();
  const links = makeLinks({ publicUrl: "https://voepy.test/", secret: "s", ttlSecs: 3600, clock });
  const { searchParams } = new URL(links.recordingUrl(ID));
  return { clock, links, expires: searchParams.get("expires") ?? "", signature: searchParams.get("signature") ?? "" };
}

describe("a signed recording link", () => {
  test("points below the public URL and ends after its time to live", () => {
    const { links, expires } = makeParts();
    expect(links.recordingUrl(ID)).toMatch(`https://voepy.test/v1/recordings/${ID}/download?expires=`);
    expect(Number(expires)).toBe(START_MS / 1000 + 3600);
  });

  test("holds until the second it expires, and no longer", () => {
    const { clock, links, expires, signature } = makeParts();
    clock.advance(3_599_999);
    expect(links.isValid(ID, expires, signature)).toBe(true);
    clock.advance(1);
    expect(links.isValid(ID, expires, signature)).toBe(false);
  });

  test("does not open another recording", () => {
    const { links, expires, signature } = makeParts();
    expect(links.isValid(`${ID}X`, expires, signature)).toBe(false);
    expect(links.isValid("", expires, signature)).toBe(false);
  });

  test("cannot be made to live longer", () => {
    const { links, expires, signature } = makeParts();
    expect(links.isValid(ID, String(Number(expires) + 1), signature)).toBe(false);
    for (const spelling of [`0${expires}`, `+${expires}`, `${expires}.0`, `${expires} `, "1e12", "99999999999999"])
      expect(links.isValid(ID, spelling, signature)).toBe(false);
  });

  test("is refused with a signature that is changed, cut, longer, upper case, empty or missing", () => {
    const { links, expires, signature } = makeParts();
    const flipped = (signature.startsWith("0") ? "1" : "0") + signature.slice(1);
    for (const wrong of [flipped, signature.slice(1), `${signature}0`, signature.toUpperCase(), "", `${signature}\n`])
      expect(links.isValid(ID, expires, wrong)).toBe(false);
    expect(links.isValid(ID, expires, undefined)).toBe(false);
    expect(links.isValid(ID, undefined, signature)).toBe(false);
  });

  test("of another installation is refused", () => {
    const { clock, expires, signature } = makeParts();
    const others = makeLinks({ publicUrl: "https://voepy.test", secret: "t", ttlSecs: 3600, clock });
    expect(others.isValid(ID, expires, signature)).toBe(false);
  });
});
