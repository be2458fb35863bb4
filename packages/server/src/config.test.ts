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
});
