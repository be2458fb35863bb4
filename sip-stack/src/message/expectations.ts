/** Well-formed requests that this user agent cannot serve (RFC 3261 §8.2.1–§8.2.3), each answered as the RFC says. */
import { trimBlanks } from "./chars.ts";
import { headerOf, headersOf, type SipRequest } from "./message.ts";
import { type Refusal, refusal, type UasPolicy } from "./refusal.ts";
import { parseUri } from "./uri.ts";
import { maxForwardsOf, tokensOf } from "./values.ts";

/** Methods with an RFC of their own: not served is 405, others are 501. */
const KNOWN_METHODS = new Set(
  "INVITE ACK BYE CANCEL OPTIONS REGISTER INFO UPDATE PRACK SUBSCRIBE NOTIFY REFER MESSAGE PUBLISH".split(" "),
);

/** In the order of §8.2: method, target, extensions, content. */
export function expectationRefusal(request: SipRequest, policy: UasPolicy): Refusal | undefined {
  return (
    methodRefusal(request, policy) ??
    targetRefusal(request) ??
    extensionRefusal(request, policy) ??
    contentRefusal(request, policy)
  );
}

function methodRefusal(request: SipRequest, policy: UasPolicy): Refusal | undefined {
  if (policy.methods.includes(request.method)) return undefined;
  // §8.2.1, §21.5.2
  const allow = [{ name: "Allow", value: policy.methods.join(", ") }];
  return refusal(KNOWN_METHODS.has(request.method) ? 405 : 501, undefined, allow);
}

function targetRefusal(request: SipRequest): Refusal | undefined {
  // §8.2.2.1
  if (parseUri(request.requestUri)?.kind === "other") return refusal(416);
  // We pass calls on to other parties, so a spent INVITE ends here as at a proxy (§16.3); the rest is answered by
  // whom it reached (§11: an OPTIONS with Max-Forwards 0 is a traceroute).
  return request.method === "INVITE" && maxForwardsOf(request) === 0 ? refusal(483) : undefined;
}

function extensionRefusal(request: SipRequest, policy: UasPolicy): Refusal | undefined {
  // §8.2.2.3: neither CANCEL nor ACK can be refused for it. Proxy-Require is for proxies.
  if (request.method === "CANCEL" || request.method === "ACK") return undefined;
  const unknown = tokensOf(request, "require").filter((tag) => !policy.extensions.includes(tag.toLowerCase()));
  if (unknown.length === 0) return undefined;
  return refusal(420, undefined, [{ name: "Unsupported", value: unknown.join(", ") }]);
}

/** Requests whose body changes what is done; a body of the others is ignored. */
const BODY_MATTERS = new Set(["INVITE", "UPDATE", "INFO", "MESSAGE", "PRACK", "NOTIFY", "PUBLISH"]);

function contentRefusal(request: SipRequest, policy: UasPolicy): Refusal | undefined {
  if (request.method === "INVITE" && !acceptsSdp(request)) return refusal(406);
  if (request.body.length === 0 || !BODY_MATTERS.has(request.method) || isOptional(request)) return undefined;
  const encoding = headerOf(request, "content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    return refusal(415, undefined, [{ name: "Accept-Encoding", value: "identity" }]);
  }
  const contentType = headerOf(request, "content-type");
  // §20.15: mandatory with a body.
  if (contentType === undefined) return refusal(400, "body without Content-Type");
  if (policy.contentTypes.includes(mediaType(contentType))) return undefined;
  // §8.2.3
  return refusal(415, undefined, [{ name: "Accept", value: policy.contentTypes.join(", ") }]);
}

/** §20.1: an INVITE whose answer may not be SDP cannot be answered (RFC 4475 §3.3.15). */
function acceptsSdp(request: SipRequest): boolean {
  if (headersOf(request, "accept").length === 0) return true;
  const wanted = new Set(["application/sdp", "application/*", "*/*"]);
  return tokensOf(request, "accept").some((range) => wanted.has(mediaType(range)));
}

/** `application/sdp` of ` Application / SDP;charset=utf-8`. */
function mediaType(value: string): string {
  const semicolon = value.indexOf(";");
  const type = semicolon === -1 ? value : value.slice(0, semicolon);
  return type.split("/").map(trimBlanks).join("/").toLowerCase();
}

/** §20.11: `handling=optional` may be ignored when not understood. */
function isOptional(request: SipRequest): boolean {
  return (headerOf(request, "content-disposition") ?? "").toLowerCase().includes("handling=optional");
}
