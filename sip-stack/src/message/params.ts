/** `;name=value` lists of header fields (generic-param, RFC 3261 §25.1). Lists, not objects: names come from strangers. */
import { closingQuote, endOfValue, isToken, quote, skipBlanks, unquote } from "./chars.ts";

export interface Param {
  /** Lower-case. */
  readonly name: string;
  /** Without quotes; undefined for a bare `;name`. */
  readonly value: string | undefined;
}

/** The parameter's value, "" for a bare one, undefined when it is not there. */
export function paramOf(params: readonly Param[], lowerName: string): string | undefined {
  for (const param of params) if (param.name === lowerName) return param.value ?? "";
  return undefined;
}

export function hasParam(params: readonly Param[], lowerName: string): boolean {
  return params.some((param) => param.name === lowerName);
}

/** `params` with this one set, in place when it was there. */
export function withParam(params: readonly Param[], lowerName: string, value: string | undefined): Param[] {
  const kept = params.filter((param) => param.name !== lowerName);
  const at = params.findIndex((param) => param.name === lowerName);
  kept.splice(at === -1 ? kept.length : at, 0, { name: lowerName, value });
  return kept;
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;

/** Reads from `at` to the end of `text`; undefined when that is not a list of parameters (an empty one included). */
export function parseParams(text: string, at: number): Param[] | undefined {
  const params: Param[] = [];
  let i = skipBlanks(text, at);
  while (i < text.length) {
    if (text.charCodeAt(i) !== SEMICOLON) return undefined;
    const nameStart = skipBlanks(text, i + 1);
    i = endOfWord(text, nameStart);
    if (!isToken(text, nameStart, i)) return undefined;
    const name = text.slice(nameStart, i).toLowerCase();
    i = skipBlanks(text, i);
    if (text.charCodeAt(i) !== EQUALS) {
      params.push({ name, value: undefined });
      continue;
    }
    const valueStart = skipBlanks(text, i + 1);
    if (text.charCodeAt(valueStart) === QUOTE) {
      const close = closingQuote(text, valueStart);
      if (close === -1) return undefined;
      params.push({ name, value: unquote(text.slice(valueStart + 1, close)) });
      i = close + 1;
    } else {
      // Wider than token and host: `received` carries a bare IPv6 (RFC 5118 §4.5), tags and branches carry anything.
      i = endOfValue(text, valueStart);
      if (i === valueStart) return undefined;
      params.push({ name, value: text.slice(valueStart, i) });
    }
    i = skipBlanks(text, i);
  }
  return params;
}

function endOfWord(text: string, at: number): number {
  let i = at;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (code === SEMICOLON || code === EQUALS || code <= 0x20) break;
    i++;
  }
  return i;
}

/** `;name=value…`, quoted where the value needs it. */
export function printParams(params: readonly Param[]): string {
  let out = "";
  for (const { name, value } of params) {
    if (value === undefined) out += `;${name}`;
    else
      out += value !== "" && endOfValue(value, 0) === value.length ? `;${name}=${value}` : `;${name}=${quote(value)}`;
  }
  return out;
}
