import { describe, expect, test } from "vitest";
import { makeAck, makeCancel, makeResponse, textBody } from "./build.ts";
import { prepend, replace, replaceFirst, withHeader, without } from "./edit.ts";
import { headerOf, headersOf, type SipRequest } from "./message.ts";
import { serialise } from "./serialise.ts";

const invite: SipRequest = {
  kind: "request",
  method: "INVITE",
  requestUri: "sip:bob@b.com",
  headers: [
    { name: "v", value: "ignored: not a long name" },
    { name: "Via", value: "SIP/2.0/UDP one;branch=z9hG4bK1" },
    { name: "VIA", value: "SIP/2.0/UDP two;branch=z9hG4bK2" },
    { name: "Route", value: "<sip:p1;lr>" },
    { name: "Route", value: "<sip:p2;lr>" },
    { name: "Record-Route", value: "<sip:r1;lr>" },
    { name: "Max-Forwards", value: "9" },
    { name: "From", value: "<sip:a@a>;tag=a" },
    { name: "To", value: "<sip:b@b>" },
    { name: "Call-ID", value: "c" },
    { name: "CSeq", value: "7 INVITE" },
    { name: "Timestamp", value: "54" },
    { name: "Require", value: "x" },
  ],
  body: new Uint8Array(3),
};

const names = (message: { headers: readonly { name: string }[] }): string[] => message.headers.map((each) => each.name);

describe("responses (§8.2.6.2)", () => {
  test("Via in order, From, To, Call-ID and CSeq are the request's; To gets our tag", () => {
    const response = makeResponse(invite, 486, { toTag: "us" });
    expect(headersOf(response, "via")).toEqual(headersOf(invite, "via"));
    expect(headerOf(response, "to")).toBe("<sip:b@b>;tag=us");
    expect(names(response)).toEqual(["Via", "VIA", "From", "To", "Call-ID", "CSeq"]);
    expect(response.reason).toBe("Busy Here");
  });

  test("a 100 has Timestamp and no tag of ours (§8.2.6.1), what makes a dialog has Record-Route (§12.1.1)", () => {
    const trying = makeResponse(invite, 100, { toTag: "us" });
    expect(headerOf(trying, "to")).toBe("<sip:b@b>");
    expect(names(trying)).toContain("Timestamp");
    expect(names(trying)).not.toContain("Record-Route");
    for (const status of [180, 200]) expect(names(makeResponse(invite, status))).toContain("Record-Route");
  });

  test("a tag that is there stays, an unknown code has a phrase, a body its type", () => {
    const inDialog = replace(invite, "To", "<sip:b@b>;tag=old");
    const response = makeResponse(inDialog, 299, { toTag: "new", body: textBody("text/plain", "é") });
    expect(headerOf(response, "to")).toBe("<sip:b@b>;tag=old");
    expect(response.reason).toBe("OK");
    expect(Buffer.from(serialise(response)).toString()).toMatch(
      /Content-Type: text\/plain\r\nContent-Length: 2\r\n\r\né$/,
    );
  });
});

test("the ACK of a failure is of the same hop: top Via, Route, From, the response's To (§17.1.1.3)", () => {
  const ack = makeAck(invite, makeResponse(invite, 486, { toTag: "us" }));
  expect(ack).toMatchObject({ method: "ACK", requestUri: "sip:bob@b.com" });
  expect(headersOf(ack, "via")).toEqual(["SIP/2.0/UDP one;branch=z9hG4bK1"]);
  expect(headersOf(ack, "route")).toEqual(["<sip:p1;lr>", "<sip:p2;lr>"]);
  expect(headerOf(ack, "to")).toBe("<sip:b@b>;tag=us");
  expect(headerOf(ack, "cseq")).toBe("7 ACK");
  expect(names(ack)).not.toContain("Require");
});

test("CANCEL is the INVITE without its body, Require and second Via, and may say why (§9.1, RFC 3326)", () => {
  const cancel = makeCancel(invite, [{ name: "Reason", value: "Q.850;cause=16" }]);
  expect(headerOf(cancel, "to")).toBe("<sip:b@b>");
  expect(headerOf(cancel, "cseq")).toBe("7 CANCEL");
  expect(headersOf(cancel, "via")).toHaveLength(1);
  expect(headerOf(cancel, "reason")).toBe("Q.850;cause=16");
  expect(headerOf(cancel, "require")).toBeUndefined();
});

test("edits return new messages and leave the old one alone", () => {
  const before = structuredClone(invite);
  expect(headersOf(prepend(invite, "Via", "SIP/2.0/UDP us"), "via")[0]).toBe("SIP/2.0/UDP us");
  expect(headersOf(replace(invite, "route", "<sip:p3>"), "route")).toEqual(["<sip:p3>"]);
  expect(headersOf(replaceFirst(invite, "Route", "<sip:p3>"), "route")).toEqual(["<sip:p3>", "<sip:p2;lr>"]);
  expect(headersOf(without(invite, "ROUTE"), "route")).toEqual([]);
  expect(headerOf(withHeader(invite, "X", "1"), "x")).toBe("1");
  expect(invite).toEqual(before);
});

test("a line end in a value cannot start a header of its own", () => {
  const text = Buffer.from(serialise(withHeader(invite, "X", "a\r\nEvil: 1\nWorse: 2"))).toString();
  expect(text).toContain("X: a  Evil: 1 Worse: 2\r\n");
});

test("Content-Length is what the body is, whatever the headers say", () => {
  const text = Buffer.from(
    serialise(withHeader(withHeader(invite, "Content-Length", "999"), "content-length", "1")),
  ).toString();
  expect(text.match(/content-length: .*/gi)).toEqual(["Content-Length: 3"]);
});
