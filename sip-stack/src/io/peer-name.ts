/** Whether a certificate belongs to the SIP domain we wanted to reach (RFC 5922 §7). */
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/**
 * undefined when it does. SIP URIs among the subject's alternative names count alone where there are any (§7.1), else
 * DNS names and addresses. Deviation: a `*.` for one label is taken (§7.2 forbids it), carriers' certificates have it.
 */
export function checkPeerName(name: string, certificate: PeerCertificate): Error | undefined {
  const domains = sipDomains(certificate.subjectaltname ?? "");
  if (domains.length === 0) return checkServerIdentity(name, certificate);
  if (domains.includes(name.toLowerCase())) return undefined;
  return new Error(`the certificate is for ${domains.join(", ")}, not for ${name}`);
}

/** `DNS:a.example, URI:sip:example.com`: hosts of sip URIs without a user part (§7.1: one with a user is no domain). */
function sipDomains(alternativeNames: string): string[] {
  // Node quotes values that hold separators; such a value is no plain domain and must not be taken apart.
  if (alternativeNames.includes('"')) return [];
  return alternativeNames
    .split(", ")
    .filter((entry) => entry.toLowerCase().startsWith("uri:sip:"))
    .map((entry) => entry.slice("uri:sip:".length).toLowerCase())
    .filter((domain) => !domain.includes("@"));
}
