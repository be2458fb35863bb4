/**
 * SSML as telephony programs write it: speak, break, say-as, prosody (rate), sub, p and s are carried out, `emphasis` and
 * any other element is read as what it holds (W3C SSML 1.1). Linear in time; what is not well-formed is refused by place.
 */
import { CodedError } from "@voepy/base";
import type { SayAs } from "../types.ts";
import { breakMs, prosodyRate, type Reading, sayAsOf } from "./elements.ts";
import type { Item } from "./script.ts";
import { type Tag, TagReader } from "./tags.ts";

const DEEPEST = 32;
/** Silence of a whole speech, ms. */
const MOST_PAUSE_MS = 120_000;

interface Open {
  readonly name: string;
  readonly at: number;
  readonly rate: number;
  readonly sayAs: SayAs | undefined;
  /** Inside `sub` nothing is read but its alias. */
  readonly isHidden: boolean;
}

/** Throws CodedError `invalid_request` for SSML that is broken, naming line and column. */
export function readSsml(text: string): Item[] {
  const reader = new TagReader(text, (at, problem) => {
    throw brokenSsml(text, at, problem);
  });
  const items: Item[] = [];
  const open: Open[] = [];
  let pauseMs = 0;
  for (let token = reader.next(); token !== undefined; token = reader.next()) {
    const inner = open.at(-1);
    if (token.type === "text") {
      if (inner !== undefined) pushText(items, token.text, inner);
      else if (token.text.trim() !== "") throw brokenSsml(text, token.at, "all text must stand inside <speak>");
      continue;
    }
    if (token.type === "close") {
      close(text, items, open, token);
      continue;
    }
    const fail = (problem: string): never => {
      throw brokenSsml(text, token.at, problem);
    };
    if (inner === undefined && (token.name !== "speak" || reader.hasRoot)) fail("one <speak> must hold everything");
    reader.hasRoot = true;
    if (open.length === DEEPEST) fail(`elements are nested deeper than ${DEEPEST}`);
    pauseMs += enter(items, open, token, fail);
    if (pauseMs > MOST_PAUSE_MS) fail(`breaks add up to more than ${MOST_PAUSE_MS / 1000} s`);
  }
  const left = open.at(-1);
  if (left !== undefined) throw brokenSsml(text, left.at, `<${left.name}> is not closed`);
  if (!reader.hasRoot) throw brokenSsml(text, 0, "there is no <speak>");
  return items;
}

/** An element begins; one that is empty ends with it. Returns the silence it makes, ms. */
function enter(items: Item[], open: Open[], tag: Tag, fail: (problem: string) => never): number {
  const outer: Reading = open.at(-1) ?? { rate: 1, sayAs: undefined, isHidden: false };
  const { name, attributes } = tag;
  let { rate, sayAs, isHidden } = outer;
  let pauseMs = 0;
  if (name === "break") {
    pauseMs = isHidden ? 0 : breakMs(attributes, fail);
    items.push({ type: "pause", ms: pauseMs });
  } else if (name === "p" || name === "s") items.push({ type: "boundary", is: name });
  else if (name === "prosody") rate = prosodyRate(attributes.get("rate"), outer.rate, fail);
  else if (name === "say-as") sayAs = sayAsOf(attributes, fail) ?? sayAs;
  else if (name === "sub") {
    const alias = attributes.get("alias") ?? fail("<sub> needs an alias");
    pushText(items, alias, outer);
    isHidden = true;
  }
  if (!tag.isEmpty) open.push({ name, at: tag.at, rate, sayAs, isHidden });
  return pauseMs;
}

function close(text: string, items: Item[], open: Open[], tag: { name: string; at: number }): void {
  const last = open.pop();
  if (last === undefined) throw brokenSsml(text, tag.at, `</${tag.name}> closes nothing`);
  if (last.name !== tag.name)
    throw brokenSsml(text, tag.at, `</${tag.name}> stands where <${last.name}> must be closed`);
  if (tag.name === "p" || tag.name === "s") items.push({ type: "boundary", is: tag.name });
}

function pushText(items: Item[], text: string, { rate, sayAs, isHidden }: Reading): void {
  if (!isHidden && text !== "") items.push({ type: "text", text, rate, sayAs });
}

function brokenSsml(text: string, at: number, problem: string): CodedError {
  const before = text.slice(0, at).split("\n");
  const place = `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
  const message = `SSML, ${place}: ${problem}`;
  return new CodedError("invalid_request", message, {
    param: "payload",
    details: { errors: [{ param: "payload", message }] },
  });
}
