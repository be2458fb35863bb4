import type { CallStatus } from "@voepy/store";
import { expect, test } from "vitest";
import { type CallInput, callMachine } from "./call-machine.ts";

test("the call's status moves only along the arrows of the reference", () => {
  const inputs: readonly CallInput[] = ["ringing", "answered", "bridged", "unbridged", "over"];
  const rows = (Object.keys(callMachine) as CallStatus[]).map(
    (status) => `${status}: ${inputs.map((input) => callMachine[status][input]?.to ?? "-").join(" ")}`,
  );
  expect(rows).toEqual([
    "initiated: ringing answered - - failed",
    "ringing: - answered - - failed",
    "answered: - - bridged - ended",
    "bridged: - - - answered ended",
    "ended: - - - - -",
    "failed: - - - - -",
  ]);
});
