import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "./config.ts";

function problemsOf(text: string, environment: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, "voepy.yaml", environment);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

describe("the configuration file", () => {
  test("is not needed: every key has a default", () => {
    const config = parseConfig("", "defaults", {});
    expect(config.api.port).toBe(8080);
    expect(config.media.ports).toEqual({ first: 16384, last: 32767 });
    expect(config.sip.listeners.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
  });

  test("names every unknown key with its line, all at once", () => {
    expect(problemsOf("data_dir: x\nsipp: {}\napi:\n  hosst: a\n  port: b\n")).toEqual([
      expect.stringContaining("voepy.yaml:5: api.port: "),
      "voepy.yaml:4: unknown key api.hosst",
      "voepy.yaml:2: unknown key sipp",
    ]);
  });

  test("takes environment variables, with a default or not at all", () => {
    const text = 'api: {admin_key: "${KEY}"}\ndata_dir: "${DIR:-./other}"\n';
    const config = parseConfig(text, "voepy.yaml", { KEY: "0123456789abcdef" });
    expect(config.api.admin_key).toBe("0123456789abcdef");
    expect(config.data_dir).toBe("./other");
    expect(problemsOf(text)).toEqual([expect.stringContaining("voepy.yaml:1: environment variable KEY is not set")]);
  });

  test("that is not YAML is told with the line it breaks at", () => {
    expect(problemsOf("api:\n  port: [1,\n")[0]).toMatch(/^voepy\.yaml:\d+: /);
  });

  test("refuses ports that are no range", () => {
    expect(problemsOf("media: {ports: 9-5}")[0]).toContain("media.ports: ");
  });

  test("gives to one only what only one may have, naming each second place with its line", () => {
    const text = [
      "tenants:",
      "  - id: a",
      "    api_keys: [{name: x, key: voepy_key_0123456789}, {name: x, key: voepy_key_9876543210}]",
      "    numbers: [{number: '+15125550100'}]",
      "    routes:",
      "      - {id: main, auth: {mode: digest, username: u, password: p}}",
      "      - {id: spare, auth: {mode: digest, username: u, password: p}}",
      "  - id: b",
      "    api_keys: [{name: x, key: voepy_key_0123456789}]",
      "    numbers:",
      "      - {number: '+15125550100'}",
      "    routes: [{id: main, direction: out, auth: {mode: digest, username: u, password: p}}]",
      "    sip_users: [{username: u, password: p}]",
    ].join("\n");
    expect(problemsOf(text)).toEqual([
      "voepy.yaml:3: tenants.0.api_keys.1.name: key x is already at tenants.0.api_keys.0.name",
      "voepy.yaml:9: tenants.1.api_keys.0.key: this key is already at tenants.0.api_keys.0.key",
      "voepy.yaml:11: tenants.1.numbers.0.number: number +15125550100 is already at tenants.0.numbers.0.number",
      "voepy.yaml:12: tenants.1.routes.0.id: route main is already at tenants.0.routes.0.id",
      "voepy.yaml:13: tenants.1.sip_users.0.username: username u is already at tenants.0.routes.0.auth.username",
    ]);
  });

  test("has an admin key that is no tenant's", () => {
    const text =
      "api: {admin_key: voepy_key_0123456789}\ntenants: [{id: a, api_keys: [{name: x, key: voepy_key_0123456789}]}]";
    expect(problemsOf(text)).toEqual(["voepy.yaml:2: tenants.0.api_keys.0.key: this key is already at api.admin_key"]);
  });
});
