import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runCommand } from "./commands.ts";

let said = "";
beforeEach(() => {
  said = "";
  const take = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stderr, "write").mockImplementation(take);
  vi.spyOn(process.stdout, "write").mockImplementation(take);
});
afterEach(() => vi.restoreAllMocks());

test.each([
  [[], "no command"],
  [["dance"], "unknown command dance"],
  [["start", "now"], "unexpected argument now"],
  [["doctor", "--name", "x"], "doctor takes no --name"],
  [["check-config", "--verbose"], "Unknown option '--verbose'"],
  [["keys"], "voepy keys create --name NAME"],
  [["keys", "delete", "--name", "x"], "voepy keys create --name NAME"],
  [["call"], "call whom"],
])("%j is told what is wrong with it, exit status 2", async (args, words) => {
  expect(await runCommand(args)).toBe(2);
  expect(said).toContain(words);
});

test("a configuration that cannot be read ends every command that needs one with 2", async () => {
  for (const args of [["check-config"], ["start"], ["call", "+15005550001"], ["keys", "create", "--name", "x"]]) {
    said = "";
    expect([args, await runCommand([...args, "--config", "/nowhere/voepy.yaml"])]).toEqual([args, 2]);
    expect(said).toContain("/nowhere/voepy.yaml: cannot be read");
  }
});

test("--help shows every command", async () => {
  expect(await runCommand(["--help"])).toBe(0);
  for (const command of ["start", "check-config", "doctor", "keys create", "call TO"]) expect(said).toContain(command);
});
