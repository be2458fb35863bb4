/** Request-Line and Status-Line (RFC 3261 §7.1, §7.2): single spaces, nothing before or after. */
import { breaksUri, isDigits, isToken, trimBlanks } from "./chars.ts";

export type StartLine =
  | {
      readonly kind: "request";
      readonly method: string;
      readonly requestUri: string;
      readonly fault: Fault | undefined;
    }
  | { readonly kind: "response"; readonly status: number; readonly reason: string }
  /** Not SIP, or a Status-Line that nobody can be told about. */
  | { readonly kind: "foreign"; readonly problem: string };

export interface Fault {
  readonly status: number;
  readonly problem: string;
}

export function parseStartLine(line: string): StartLine {
  return line.startsWith("SIP/") || line.startsWith("sip/") ? statusLine(line) : requestLine(line);
}

function statusLine(line: string): StartLine {
  // "SIP/2.0 200 OK"; the space before an empty phrase is often forgotten.
  const versionIsOurs = line.slice(0, 8).toUpperCase() === "SIP/2.0 ";
  const code = line.slice(8, 11);
  const after = line.charCodeAt(11);
  const status = Number(code);
  if (!versionIsOurs || !isDigits(code) || code.length !== 3 || !(line.length === 11 || after === 0x20)) {
    return { kind: "foreign", problem: "expected a Status-Line with a three-digit code" };
  }
  if (status < 100 || status > 699) return { kind: "foreign", problem: `status ${status} is outside 100-699` };
  return { kind: "response", status, reason: trimBlanks(line.slice(12)) };
}

function requestLine(line: string): StartLine {
  const firstSpace = line.indexOf(" ");
  const trimmed = line.trimEnd();
  const lastSpace = trimmed.lastIndexOf(" ");
  const version = trimmed.slice(lastSpace + 1).toUpperCase();
  const method = line.slice(0, firstSpace);
  if (firstSpace <= 0 || lastSpace === firstSpace || !version.startsWith("SIP/") || !isToken(method)) {
    return { kind: "foreign", problem: "expected `METHOD request-uri SIP/2.0` or a Status-Line" };
  }
  const requestUri = line.slice(firstSpace + 1, lastSpace);
  return { kind: "request", method, requestUri, fault: faultOf(requestUri, version, trimmed.length !== line.length) };
}

function faultOf(requestUri: string, version: string, hasTail: boolean): Fault | undefined {
  // §8.2.2.1 has no word on it, §21.5.6 has: the version is judged first.
  if (version !== "SIP/2.0") return { status: 505, problem: `expected SIP/2.0, got ${version.slice(0, 20)}` };
  if (hasTail) return { status: 400, problem: "spaces at the end of the Request-Line" };
  if (breaksUri(requestUri)) return { status: 400, problem: "spaces or brackets in the Request-URI" };
  return undefined;
}
