import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "@voepy/base";
import { expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { checkCertificates, judge } from "./certificates.ts";
import type { Finding } from "./finding.ts";

const path = (name: string): string =>
  fileURLToPath(new URL(`../../../../sip-stack/test/certificates/${name}`, import.meta.url));
const pem = (name: string): string => readFileSync(path(name), "utf8");

const pair = { certificate: pem("sip.test.crt"), privateKey: pem("sip.test.key") };
const DAY_MS = 86_400_000;
const until = /until (\S+)$/;

test("a certificate is well until two weeks before its end, then worth a word, then it has failed", () => {
  const well = judge("x", pair, systemClock.wallMs());
  expect(well).toMatchObject({ status: "ok", detail: expect.stringContaining("sip.test") });
  const endsMs = Date.parse(until.exec(well.detail)?.[1] ?? "");
  expect(judge("x", pair, endsMs - 10 * DAY_MS)).toMatchObject({ status: "warn" });
  expect(judge("x", pair, endsMs + 2 * DAY_MS)).toMatchObject({ status: "fail" });
  expect(judge("x", pair, 0)).toMatchObject({ status: "fail", advice: expect.stringContaining("clock") });
});

async function checked(cert: string, key: string, clock: Clock = systemClock): Promise<Finding[]> {
  const text = `sip: {listeners: [{transport: tls, host: 127.0.0.1, port: 5061, cert: ${cert}, key: ${key}}]}`;
  const found: Finding[] = [];
  for await (const finding of checkCertificates(parseConfig(text, "x.yaml", {}), { clock })) found.push(finding);
  return found;
}

test("files that are missing, are no PEM or do not belong together are told", async () => {
  const [crt, key] = [path("sip.test.crt"), path("sip.test.key")];
  expect(await checked(crt, key)).toMatchObject([{ check: "certificate of tls 127.0.0.1:5061", status: "ok" }]);
  expect(await checked("/nowhere.crt", key)).toMatchObject([
    { status: "fail", detail: expect.stringContaining("ENOENT") },
  ]);
  expect(await checked(key, key)).toMatchObject([{ status: "fail" }]);
  expect(await checked(path("authority.crt"), key)).toMatchObject([
    { status: "fail", detail: expect.stringContaining("another certificate") },
  ]);
});
