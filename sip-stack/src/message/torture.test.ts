/** The messages of RFC 4475 and RFC 5118, judged as a UAS without state would. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { StreamFramer } from "./framer.ts";
import { headersOf } from "./message.ts";
import { type Judgement, judge, type UasPolicy } from "./validate.ts";

const FIXTURES = new URL("../../../../shared/fixtures/", import.meta.url);

interface Torture {
  readonly name: string;
  readonly file: string;
  readonly section: string;
  readonly kind: "request" | "response";
  readonly expect: "accept" | "accept_first_only" | "reject" | "reject_or_liberal" | "reject_or_drop" | "drop";
  readonly codes: readonly number[];
  readonly tcp: boolean;
  readonly callId: string;
}

const POLICY: UasPolicy = {
  methods: ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REGISTER"],
  extensions: ["timer"],
  contentTypes: ["application/sdp", "application/dtmf-relay"],
};

/** Statuses that say "I could not read this". */
const UNREADABLE = [400, 500, 505, 513];

function messagesOf(rfc: string): readonly Torture[] {
  const index: { messages: readonly Torture[] } = JSON.parse(
    readFileSync(new URL(`${rfc}/index.json`, FIXTURES), "utf8"),
  );
  return index.messages;
}

function check(message: Torture, judgement: Judgement): void {
  const status = judgement.type === "answer" ? judgement.response.status : undefined;
  switch (message.expect) {
    case "accept":
    case "accept_first_only":
      if (status !== undefined) expect(UNREADABLE).not.toContain(status);
      if (status !== undefined && message.codes.length > 0) expect(message.codes).toContain(status);
      return expect(judgement.type).not.toBe("drop");
    case "reject":
      // What is refused by credentials or by a registrar goes on here and meets them later.
      if (judgement.type === "process") return expect(message.codes).toContain(401);
      return expect(message.codes).toContain(status);
    case "reject_or_liberal":
      if (judgement.type === "process") return;
      return expect(message.codes).toContain(status);
    case "reject_or_drop":
      if (judgement.type === "drop") return;
      return expect(message.codes).toContain(status);
    case "drop":
      // A response goes on to be matched with a transaction, and there is none.
      return expect(judgement.type === "process" ? judgement.message.kind : judgement.type).toMatch(/response|drop/);
  }
}

for (const rfc of ["rfc4475", "rfc5118"]) {
  const available = existsSync(new URL(`${rfc}/index.json`, FIXTURES));
  describe.skipIf(!available)(`the messages of ${rfc}`, () => {
    for (const message of available ? messagesOf(rfc) : []) {
      const bytes = readFileSync(new URL(`${rfc}/${message.file}`, FIXTURES));

      test(`§${message.section} ${message.name}: ${message.expect} ${message.codes.join(", ")}`, () => {
        const judgement = judge(bytes, POLICY);
        check(message, judgement);
      });

      test.skipIf(!message.tcp)(
        `§${message.section} ${message.name} comes alike off a stream, a byte at a time`,
        () => {
          const framer = new StreamFramer();
          const framed = [...bytes].flatMap((byte) => framer.push(Uint8Array.of(byte)));
          const whole = new StreamFramer().push(bytes);
          expect(framed.map((each) => each.type)).toEqual(whole.map((each) => each.type));
          expect(framed[0]).toEqual(whole[0]);
        },
      );
    }
  });
}

const torture = (name: string): Uint8Array => readFileSync(new URL(`rfc4475/${name}.dat`, FIXTURES));

describe.skipIf(!existsSync(FIXTURES))("what single torture messages are about", () => {
  const processed = (name: string): Judgement & { type: "process" } => {
    const judgement = judge(torture(name), POLICY);
    if (judgement.type !== "process") throw new Error(judgement.why);
    return judgement;
  };

  test("§3.1.1.1 folded, compact and mixed-case headers are found by their long names", () => {
    const { message } = processed("wsinv");
    expect(headersOf(message, "via")).toHaveLength(3);
    expect(headersOf(message, "cseq")).toEqual(["0009 INVITE"]);
    expect(headersOf(message, "newfangledheader")).toEqual(["newfangled value continued newfangled value"]);
  });

  test("§3.1.1.8 octets after the body of a datagram are ignored, on a stream they are the next message", () => {
    const { message } = processed("dblreq");
    expect(message.kind === "request" && message.method).toBe("REGISTER");
    const framed = new StreamFramer().push(torture("dblreq"));
    expect(framed[0]).toMatchObject({ type: "message", result: { message: { method: "REGISTER" } } });
    expect(framed[1]).toMatchObject({ type: "message", result: { message: { method: "INVITE" } } });
  });

  test("§3.1.1.11 a body is bytes", () => {
    const judgement = judge(torture("mpart01"), {
      ...POLICY,
      methods: ["MESSAGE"],
      contentTypes: ["multipart/mixed", "multipart/signed"],
    });
    if (judgement.type !== "process") throw new Error(judgement.why);
    const original = Buffer.from(torture("mpart01"));
    expect(Buffer.from(judgement.message.body)).toEqual(original.subarray(original.indexOf("\r\n\r\n") + 4));
  });

  test("§3.3.5 a 420 names what is required of us and not what is required of proxies", () => {
    const judgement = judge(torture("bext01"), POLICY);
    if (judgement.type !== "answer") throw new Error(judgement.type);
    expect(headersOf(judgement.response, "unsupported")).toEqual(["nothingSupportsThis, nothingSupportsThisEither"]);
  });

  test("§3.3.6 a 415 says what is accepted", () => {
    const judgement = judge(torture("invut"), POLICY);
    if (judgement.type !== "answer") throw new Error(judgement.type);
    expect(headersOf(judgement.response, "accept")).toEqual(["application/sdp, application/dtmf-relay"]);
  });

  test("two odd files beside the collection neither crash nor pass", () => {
    for (const name of ["extra/test", "extra/baddn-archive-unterminated"]) {
      expect(judge(torture(name), POLICY).type).not.toBe("process");
    }
  });

  test("one of two Content-Length headers ends a stream, a 400 first (§3.3.9)", () => {
    const [framed] = new StreamFramer().push(torture("mcl01"));
    expect(framed).toMatchObject({ type: "fatal", result: { status: 400 } });
  });
});
