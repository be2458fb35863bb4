import { expect, test } from "vitest";
import { isAddress, judgeAddress } from "./address-judge.ts";

/** Addresses by what they are, one of each special range of RFC 6890 and its successors. */
const LOCAL = ["127.0.0.1", "127.255.0.9", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"];
const LOCAL_IPV6 = ["::1", "fd00::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.5", "::ffff:7f00:1", "::127.0.0.1"];
const LOCAL_NAT64 = ["64:ff9b::10.0.0.5", "64:ff9b::7f00:1", "64:ff9b:1::a00:5"];
const NEVER = [
  "0.0.0.0",
  "0.1.2.3",
  "169.254.169.254",
  "192.0.0.8",
  "192.0.2.1",
  "192.88.99.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::ffff:169.254.169.254",
  "::ffff:0:127.0.0.1",
  "64:ff9b::169.254.169.254",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "2002:a00:5::1",
  "3fff::1",
  "4000::1",
  "5f00::1",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "ff0e::1",
];
const PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"];

test.each([...LOCAL, ...LOCAL_IPV6, ...LOCAL_NAT64])(
  "%s is refused unless private addresses are allowed",
  (address) => {
    expect(judgeAddress(address, false)).toMatch(/^is (private|loopback)/);
    expect(judgeAddress(address, true)).toBeUndefined();
  },
);

test.each(NEVER)("%s is refused, private addresses allowed or not", (address) => {
  expect(judgeAddress(address, false)).toMatch(/^is /);
  expect(judgeAddress(address, true)).toMatch(/^is /);
});

test.each(PUBLIC)("%s is public", (address) => {
  expect(judgeAddress(address, false)).toBeUndefined();
});

test("brackets of a URL belong to the address, anything else is none", () => {
  expect(judgeAddress("[::1]", false)).toBe("is loopback");
  expect(isAddress("[2606:4700::1]")).toBe(true);
  for (const text of ["", "example.com", "1.2.3.4.5", "1.2.3.4:80", "::g"]) {
    expect(isAddress(text), text).toBe(false);
    expect(judgeAddress(text, true), text).toBe("is not an IP address");
  }
});
