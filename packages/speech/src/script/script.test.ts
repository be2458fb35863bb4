import { CodedError } from "@voepy/base";
import { describe, expect, test } from "vitest";
import { englishText } from "./english.ts";
import { makeScript } from "./script.ts";

const text = (payload: string) => makeScript({ payload, payloadType: "text" });
const ssml = (payload: string) => makeScript({ payload, payloadType: "ssml" });
const words = (payload: string): string[] => ssml(payload).map(englishText);

/** What a payload is refused with. */
function refusal(payload: string): string {
  try {
    ssml(payload);
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "invalid_request" && thrown.param === "payload")
      return thrown.message;
    throw thrown;
  }
  return "taken";
}

describe("a text", () => {
  test("is cut after its first sentence; short ones after it stay together", () => {
    expect(text("Hello there. How are you? Fine. Good.").map(englishText)).toEqual([
      "Hello there.",
      "How are you? Fine. Good.",
    ]);
  });

  test("is not cut after a title, an initial or inside a number", () => {
    expect(text("Dr. J. Smith owes 3.50 dollars to Mr. Jones.")).toHaveLength(1);
  });

  test("is cut at commas, else at blanks, where a sentence is very long, and nothing is lost", () => {
    const long = `${"one two three four five, ".repeat(30)}${"x".repeat(500)} end`;
    const parts = text(long);
    expect(Math.max(...parts.map((part) => englishText(part).length))).toBeLessThanOrEqual(180);
    expect(parts.map(englishText).join("").replaceAll(/[\s,]/g, "")).toBe(long.replaceAll(/[\s,]/g, ""));
  });

  test("keeps what no sentence ends", () => {
    expect(text("Press 1 for sales").map(englishText)).toEqual(["Press 1 for sales"]);
  });

  test("of blanks is refused", () => {
    expect(() => text(" \n ")).toThrow(CodedError);
  });

  test("is read in ASCII: accents, quotes, dashes and signs of money", () => {
    expect(text("Café “naïve” – €5 & £3 to José’s").map(englishText)).toEqual([
      'Cafe "naive" , 5 euros and 3 pounds to Jose\'s',
    ]);
  });

  test("without a letter the engine knows has no words", () => {
    expect(text("你好").map(englishText)).toEqual([""]);
  });

  test("of 3,000 full stops, letters or quotes is read in no time", () => {
    for (const hostile of [
      "a. ".repeat(1000),
      ".".repeat(3000),
      '."'.repeat(1500),
      "a".repeat(3000),
      " ".repeat(2999) + "a",
    ])
      expect(text(hostile).length).toBeLessThan(100);
  });
});

describe("SSML", () => {
  test("breaks are silence of their length, after what they follow", () => {
    const script = ssml('<speak>One.<break time="500ms"/>Two<break time="1.5s"/><break strength="weak"/></speak>');
    expect(script.map(({ pauseMs }) => pauseMs)).toEqual([500, 1750]);
  });

  test("prosody changes the rate inside it, one inside another multiplied", () => {
    const script = ssml(
      '<speak>a <prosody rate="50%">b <prosody rate="fast">c</prosody></prosody><prosody rate="+20%">d</prosody></speak>',
    );
    expect(script.map(({ rate }) => rate)).toEqual([1, 0.5, 0.625, 1.2]);
  });

  test("p and s end what is said in one breath; p with a rest", () => {
    const script = ssml("<speak><p>One</p><p><s>Two</s><s>Three</s></p>Four</speak>");
    expect(script.map(englishText)).toEqual(["One", "Two", "Three", "Four"]);
    expect(script[0]?.pauseMs).toBe(350);
  });

  test("say-as spells, counts and dates", () => {
    const say = (as: string, body: string, format = ""): string =>
      words(`<speak><say-as interpret-as="${as}" format="${format}">${body}</say-as></speak>`)[0] ?? "";
    expect(say("digits", "42-15")).toBe("four two one five");
    expect(say("telephone", "+1 512-555")).toBe("plus one, five one two, five five five");
    expect(say("characters", "aB3")).toBe("ay, bee, three");
    expect(say("cardinal", "1,234,005")).toBe("one million two hundred thirty four thousand five");
    expect(say("cardinal", "-3.14")).toBe("minus three point one four");
    expect(say("ordinal", "22nd")).toBe("twenty second");
    expect(say("date", "2026-05-12")).toBe("May twelfth, twenty twenty six");
    expect(say("date", "12.5.", "dm")).toBe("May twelfth");
    expect(say("date", "13/40/2026")).toBe("13/40/2026");
    expect(say("currency", "5")).toBe("5");
  });

  test("sub says its alias; emphasis, phoneme and elements nobody knows say what they hold", () => {
    expect(
      words(
        '<speak><sub alias="World Wide Web">WWW</sub> <emphasis>is</emphasis> <phoneme ph="x">here</phoneme><amazon:effect name="w"> now</amazon:effect></speak>',
      ),
    ).toEqual(["World Wide Web is here now"]);
  });

  test("entities, comments, CDATA and a declaration are XML's", () => {
    expect(words('<?xml version="1.0"?><!-- a --><speak>A &amp; B &#67;<!-- x --><![CDATA[ <D>]]></speak>')).toEqual([
      "A and B C <D>",
    ]);
  });

  test.each([
    ["Hello", "line 1, column 1: all text must stand inside <speak>"],
    ["<p>Hello</p>", "line 1, column 1: one <speak> must hold everything"],
    ["<speak>Hello", "line 1, column 1: <speak> is not closed"],
    ["<speak>One\n<s>two</speak>", "line 2, column 7: </speak> stands where <s> must be closed"],
    ["<speak>A & B</speak>", "line 1, column 10: a bare & must be written &amp;"],
    ["<speak>1 < 2</speak>", "line 1, column 10: a < that begins no element must be written &lt;"],
    ["<speak>Hello <break</speak>", "line 1, column 14: <break has no >"],
    ['<speak><break time="soon"/></speak>', 'line 1, column 8: break time "soon" is not like 500ms or 2s'],
    ["<speak><break time=1s/></speak>", "line 1, column 15: the value of time is not quoted"],
    ['<speak><prosody rate="quick">x</prosody></speak>', "line 1, column 8: prosody rate"],
    ["<speak><sub>x</sub></speak>", "line 1, column 8: <sub> needs an alias"],
    ["<speak/><speak/>", "line 1, column 9: one <speak> must hold everything"],
    ["<!DOCTYPE x [<!ENTITY a 'b'>]><speak>&a;</speak>", "line 1, column 1: a document type is not taken"],
    ["<speak></speak>", "payload holds nothing to say"],
    [`<speak>${"<p>".repeat(40)}`, "elements are nested deeper than 32"],
    [`<speak>${'<break time="10s"/>'.repeat(13)}</speak>`, "breaks add up to more than 120 s"],
  ])("%s is refused by its place", (payload, message) => {
    expect(refusal(payload)).toContain(message);
  });

  test("cut anywhere is taken or refused, never anything else", () => {
    const whole = `<speak>Your <sub alias="c">code</sub> is <say-as interpret-as='digits'>42</say-as> &amp; <break time="1s"/>fine.</speak>`;
    for (let end = 1; end < whole.length; end++) expect(refusal(whole.slice(0, end))).not.toBe("taken");
    for (let at = 0; at < whole.length; at++)
      expect(typeof refusal(whole.slice(0, at) + whole.slice(at + 1))).toBe("string");
  });
});
