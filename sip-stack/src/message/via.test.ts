import { expect, test } from "vitest";
import { headersOf, type SipRequest } from "./message.ts";
import { branchOf, parseVia, printVia, responseTarget, withSource } from "./via.ts";

const request = (...vias: string[]): SipRequest => ({
  kind: "request",
  method: "OPTIONS",
  requestUri: "sip:a",
  headers: vias.map((value) => ({ name: "Via", value })),
  body: new Uint8Array(0),
});
const topVia = (via: string, source: { address: string; port: number }): string | undefined =>
  headersOf(withSource(request(via, "SIP/2.0/UDP second"), source), "via")[0];
const target = (via: string): unknown => {
  const parsed = parseVia(via);
  return parsed && responseTarget(parsed);
};

test("blanks are allowed where the grammar has them (§20.42)", () => {
  const via = parseVia("SIP  / 2.0  / tcp     Spindle.example.com : 5070  ;  branch  =   z9hG4bK9ikj8");
  expect(via).toMatchObject({ transport: "TCP", host: "spindle.example.com", port: 5070 });
  expect(via && branchOf(via)).toBe("z9hG4bK9ikj8");
  expect(via && printVia(via)).toBe("SIP/2.0/TCP spindle.example.com:5070;branch=z9hG4bK9ikj8");
});

test.each([
  "SIP/2.0/UDP",
  "SIP/2.0/UDP ;branch=1",
  "HTTP/1.1/TCP a",
  "SIP/2.0/UDP a;;",
  "SIP/2.0/UDP 2001:db8::1",
  "",
  "//",
])("%j is no Via", (value) => {
  expect(parseVia(value)).toBeUndefined();
});

test("received is added when sent-by is not the source (§18.2.1), rport filled when asked for (RFC 3581 §4)", () => {
  const source = { address: "192.0.2.9", port: 40_000 };
  expect(topVia("SIP/2.0/UDP 192.0.2.9:5060;branch=b", source)).toBe("SIP/2.0/UDP 192.0.2.9:5060;branch=b");
  expect(topVia("SIP/2.0/UDP host;branch=b", source)).toBe("SIP/2.0/UDP host;branch=b;received=192.0.2.9");
  expect(topVia("SIP/2.0/UDP 192.0.2.9;rport;branch=b", source)).toBe(
    "SIP/2.0/UDP 192.0.2.9;rport=40000;branch=b;received=192.0.2.9",
  );
});

test("what the peer says of its own received and rport is not believed", () => {
  const via = topVia("SIP/2.0/UDP 192.0.2.9;rport=1;received=203.0.113.1", { address: "192.0.2.9", port: 7 });
  expect(target(via ?? "")).toEqual({ host: "192.0.2.9", port: 7 });
});

test("only the top Via changes", () => {
  const changed = withSource(request("SIP/2.0/UDP a", "SIP/2.0/UDP b"), { address: "192.0.2.1", port: 1 });
  expect(headersOf(changed, "via")).toEqual(["SIP/2.0/UDP a;received=192.0.2.1", "SIP/2.0/UDP b"]);
});

test("a response goes to maddr, else received and rport, else sent-by (§18.2.2)", () => {
  expect(target("SIP/2.0/UDP a:5070;maddr=239.1.1.1;received=1.2.3.4")).toEqual({ host: "239.1.1.1", port: 5070 });
  expect(target("SIP/2.0/UDP a;received=192.0.2.1;rport=999")).toEqual({ host: "192.0.2.1", port: 999 });
  expect(target("SIP/2.0/UDP a;received=[2001:db8::1];rport=0")).toEqual({ host: "2001:db8::1", port: 5060 });
  expect(target("SIP/2.0/TLS a")).toEqual({ host: "a", port: 5061 });
});
