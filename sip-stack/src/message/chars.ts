/** Character classes of RFC 3261 §25.1 as one table, and the few scanning steps every parser here shares. */

const TOKEN = 1;
const HOST = 2;
const DIGIT = 4;
const HEX = 8;
/** May stand in a URI: no blank, control character, quote, angle bracket or backslash. */
const URI = 16;
/** May stand in an unquoted parameter value: as URI, without `;` and `,`. */
const VALUE = 32;

const classes = new Uint8Array(128);
const mark = (chars: string, bit: number): void => {
  for (const char of chars) classes[char.charCodeAt(0)]! |= bit;
};
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
mark(`${LETTERS}0123456789-.!%*_+\`'~`, TOKEN);
// Underscore is not in the grammar of host names but in use.
mark(`${LETTERS}0123456789-._`, HOST);
mark("0123456789", DIGIT);
mark("0123456789abcdefABCDEF", HEX);
for (let code = 0x21; code < 0x7f; code++) {
  const char = String.fromCharCode(code);
  if (!'"<>\\'.includes(char)) classes[code]! |= ";,".includes(char) ? URI : URI | VALUE;
}

function all(text: string, bit: number, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || (classes[code]! & bit) === 0) return false;
  }
  return true;
}

/** Not empty and only token characters. */
export const isToken = (text: string, start = 0, end = text.length): boolean => all(text, TOKEN, start, end);
/** Not empty and only characters of host names and IPv4 literals. */
export const isHostName = (text: string, start = 0, end = text.length): boolean => all(text, HOST, start, end);
/** Not empty and only 0–9. */
export const isDigits = (text: string, start = 0, end = text.length): boolean => all(text, DIGIT, start, end);
export const isHex = (text: string, start = 0, end = text.length): boolean => all(text, HEX, start, end);

/** Space or tab: headers are unfolded before any value is looked at. */
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** First index at or after `at` that is no blank. */
export function skipBlanks(text: string, at: number): number {
  let i = at;
  while (i < text.length && isBlank(text.charCodeAt(i))) i++;
  return i;
}

/** Without spaces and tabs at both ends. String.trim would take line ends and no-break spaces too. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** True when there is a blank, a control character, a quote, an angle bracket or a backslash. */
export function breaksUri(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 128 && (classes[code]! & URI) === 0) return true;
  }
  return false;
}

/** First index at or after `at` whose character ends an unquoted parameter value. */
export function endOfValue(text: string, at: number): number {
  let i = at;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (code < 128 && (classes[code]! & VALUE) === 0) break;
    i++;
  }
  return i;
}

/** Index of the quote that closes the string opened at `open`, backslash escapes honoured; -1 when it never closes. */
export function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return i;
  }
  return -1;
}

/** What a quoted string says, without its backslashes; `inner` excludes the quotes. */
export function unquote(inner: string): string {
  if (!inner.includes("\\")) return inner;
  let out = "";
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === 0x5c && i + 1 < inner.length) i++;
    out += inner[i];
  }
  return out;
}

/** The quoted string that says `text`; line ends, which no header can carry, become spaces. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    if (char === '"' || char === "\\") out += `\\${char}`;
    else out += char === "\r" || char === "\n" ? " " : char;
  }
  return `${out}"`;
}

/** A whole number of digits only, not above `max`; undefined for anything else. Leading zeros are allowed. */
export function parseUint(text: string, max: number): number | undefined {
  if (!isDigits(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
