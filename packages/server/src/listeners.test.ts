import { resolve } from "node:path";
import { expect, test } from "vitest";
import { ConfigError, parseConfig } from "./config.ts";
import { sipListeners } from "./listeners.ts";
import { notCarriedOut } from "./pending.ts";

const SIP = `
sip:
  public_address: 198.51.100.7
  trusted_ca: ca.pem
  listeners:
    - {transport: udp, host: 0.0.0.0, port: 5060}
    - {transport: udp, host: "::", port: 5060}
    - {transport: tls, port: 5061, cert: tls.crt, key: /etc/voepy/tls.key}
    - {transport: wss, port: 7443, cert: tls.crt, key: tls.key}
    - {transport: ws, port: 7080}
`;

test("every transport is a listener; certificates are found from the working directory", () => {
  const config = parseConfig(SIP, "voepy.yaml", {});
  const listeners = sipListeners(config, () => undefined);
  expect(listeners.map(({ transport }) => transport)).toEqual(["udp", "udp", "tls", "wss", "ws"]);
  expect(listeners[2]).toMatchObject({ cert: resolve("tls.crt"), key: "/etc/voepy/tls.key" });
  expect(notCarriedOut(config)).toEqual([]);
});

test("the public address is told by listeners of its family only", () => {
  const listeners = sipListeners(parseConfig(SIP, "voepy.yaml", {}), () => "198.51.100.7");
  const told = listeners.map(({ advertisedAddress: told }) => (typeof told === "function" ? told() : told));
  expect(told.slice(0, 2)).toEqual(["198.51.100.7", undefined]);
});

test("tls and wss without certificate and key are refused by line", () => {
  const text =
    "sip:\n  listeners:\n    - {transport: tls, port: 5061, key: a}\n    - {transport: wss, port: 7443, cert: a}\n";
  let problems: readonly string[] = [];
  try {
    parseConfig(text, "voepy.yaml", {});
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    problems = thrown.problems;
  }
  expect(problems).toEqual([
    "voepy.yaml:3: sip.listeners.0.cert: tls needs cert and key, paths of PEM files",
    "voepy.yaml:4: sip.listeners.1.key: wss needs cert and key, paths of PEM files",
  ]);
});
