/** What the attributes of SSML elements mean: silence in ms, rates as factors, kinds of reading. */
import type { SayAs } from "../types.ts";

/** How text is to be read where it stands. */
export interface Reading {
  readonly rate: number;
  readonly sayAs: SayAs | undefined;
  readonly isHidden: boolean;
}

type Attributes = ReadonlyMap<string, string>;
type Fail = (problem: string) => never;

const LONGEST_BREAK_MS = 10_000;
export const SLOWEST = 0.2;
export const FASTEST = 3;

/** SSML 1.1 §3.2.3 leaves the lengths to us. */
const STRENGTH_MS: Readonly<Record<string, number>> = {
  none: 0,
  "x-weak": 100,
  weak: 250,
  medium: 500,
  strong: 750,
  "x-strong": 1000,
};

const NAMED_RATES: Readonly<Record<string, number>> = {
  "x-slow": 0.5,
  slow: 0.8,
  medium: 1,
  default: 1,
  fast: 1.25,
  "x-fast": 1.6,
};

export function breakMs(attributes: Attributes, fail: Fail): number {
  const time = attributes.get("time");
  if (time !== undefined) {
    const [, count, unit] = /^\+?(\d{1,6}(?:\.\d{1,3})?|\.\d{1,3})(ms|s)$/.exec(time.trim()) ?? [];
    if (count === undefined) return fail(`break time "${time}" is not like 500ms or 2s`);
    return Math.min(LONGEST_BREAK_MS, Math.round(Number(count) * (unit === "s" ? 1000 : 1)));
  }
  const strength = attributes.get("strength") ?? "medium";
  return STRENGTH_MS[strength] ?? fail(`break strength "${strength}" is none of ${Object.keys(STRENGTH_MS).join(" ")}`);
}

/** `80%`, `+10%`, `1.2` or a name; on top of the rate around it. */
export function prosodyRate(text: string | undefined, outer: number, fail: Fail): number {
  if (text === undefined) return outer;
  const factor = NAMED_RATES[text] ?? numericRate(text.trim());
  if (factor === undefined) return fail(`prosody rate "${text}" is not like 80%, +10%, 1.2 or slow`);
  return Math.min(FASTEST, Math.max(SLOWEST, outer * factor));
}

function numericRate(text: string): number | undefined {
  const [, sign, count, percent] = /^([+-]?)(\d{1,4}(?:\.\d{1,3})?)(%?)$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const part = Number(count) / (percent === "%" ? 100 : 1);
  if (sign === "+") return 1 + part;
  return sign === "-" ? 1 - part : part;
}

const KINDS: Readonly<Record<string, SayAs["as"]>> = {
  digits: "digits",
  telephone: "telephone",
  characters: "characters",
  "spell-out": "characters",
  verbatim: "characters",
  cardinal: "cardinal",
  number: "cardinal",
  ordinal: "ordinal",
  date: "date",
};

/** undefined for a kind nobody here knows: it is read as it stands. */
export function sayAsOf(attributes: Attributes, fail: Fail): SayAs | undefined {
  const kind = attributes.get("interpret-as");
  if (kind === undefined) return fail("<say-as> needs interpret-as");
  const as = KINDS[kind];
  return as && { as, format: attributes.get("format") ?? "" };
}
