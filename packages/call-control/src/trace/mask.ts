/**
 * Takes secrets out of SIP text: credentials (RFC 3261 §20.7, §20.28, §20.6), SRTP keys of SDP (RFC 4568 §9.1, RFC 4567),
 * ICE passwords (RFC 8839 §5.4). Each character becomes one `*`, so lengths that other headers tell stay true.
 */

/** With folded lines (§7.3.1). */
const CREDENTIALS =
  /^((?:proxy-)?(?:authorization|authentication-info)[ \t]*:[ \t]*)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/gim;
const KEYS = /^(a=crypto:(?:\d+ +[\w-]+ +)?|a=key-mgmt:|a=ice-pwd:|k=)([^\r\n]+)/gim;

/** What may be seen of a digest: who, where, how; and the names of the rest. Nobody guesses a password from that. */
const HARMLESS =
  /^digest(?=\s)|\b(?:username|realm|uri|algorithm|qop|nc)\s*=\s*(?:"[^"]*"|[^\s,"]*)|\b(?:response|c?nonce|opaque|rspauth|nextnonce)\s*=|,/gi;
/** Of any other scheme only its name. */
const SCHEME = /^[\w-]+(?=\s)/g;

/** `text` is one character a byte; so is what comes back, at the same length. */
export function maskSecrets(text: string): string {
  return text
    .replace(CREDENTIALS, (_, name: string, value: string) => name + maskCredentials(name, value))
    .replace(KEYS, (_, name: string, value: string) => name + stars(value));
}

function maskCredentials(name: string, value: string): string {
  // Authentication-Info has no scheme; its parameters are those of digest (RFC 7615 §3).
  const isDigest = /^digest\s/i.test(value) || /info/i.test(name);
  let out = "";
  let at = 0;
  for (const { 0: kept, index } of value.matchAll(isDigest ? HARMLESS : SCHEME)) {
    out += stars(value.slice(at, index)) + kept;
    at = index + kept.length;
  }
  return out + stars(value.slice(at));
}

function stars(text: string): string {
  return text.replace(/\S/g, "*");
}
