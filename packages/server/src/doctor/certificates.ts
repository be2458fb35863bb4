/** Certificates of tls and wss listeners: readable, with their own key, and not about to end. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Clock, isoTime, messageOf } from "@voepy/base";
import type { Config } from "../config-schema.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const DAY_MS = 86_400_000;
/** Renewal by ACME happens a month before the end. */
const WARN_DAYS = 14;

export async function* checkCertificates(config: Config, { clock }: { clock: Clock }): AsyncGenerator<Finding> {
  for (const { transport, host, port, cert, key } of config.sip.listeners) {
    if (cert === undefined || key === undefined) continue;
    const check = `certificate of ${transport} ${host}:${port}`;
    try {
      const [certificate, privateKey] = await Promise.all([
        readFile(resolve(cert), "utf8"),
        readFile(resolve(key), "utf8"),
      ]);
      yield judge(check, { certificate, privateKey }, clock.wallMs());
    } catch (thrown) {
      yield fail(check, messageOf(thrown), "set cert and key to PEM files that the user of voepy may read");
    }
  }
}

/** Throws for text that is no certificate or no key. */
export function judge(check: string, pair: { certificate: string; privateKey: string }, wallMs: number): Finding {
  const certificate = new X509Certificate(pair.certificate);
  if (!certificate.checkPrivateKey(createPrivateKey(pair.privateKey)))
    return fail(check, "the key is of another certificate", "set cert and key to files that belong together");
  const endsMs = Date.parse(certificate.validTo);
  const names = certificate.subjectAltName ?? certificate.subject.replaceAll("\n", ", ");
  const detail = `${names}, until ${isoTime(endsMs).slice(0, 10)}`;
  const renew = "renew it: a running voepy takes the new files by itself";
  if (endsMs < wallMs) return fail(check, `${detail}: it has ended`, renew);
  if (Date.parse(certificate.validFrom) > wallMs)
    return fail(check, `${detail}: its time has not come yet`, "check the clock of this machine");
  return endsMs - wallMs < WARN_DAYS * DAY_MS ? warn(check, `${detail}: it ends soon`, renew) : ok(check, detail);
}
