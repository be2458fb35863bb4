/** `voepy keys create`: the key goes to stdout alone, so that a script can take it. */
import { CodedError } from "@voepy/base";
import { createKey, loadConfig } from "@voepy/server";
import type { Terminal } from "./doctor.ts";

export interface KeyWishes {
  readonly config?: string | undefined;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  /** Separated by commas. */
  readonly scopes?: string | undefined;
}

/** Throws ConfigError. Resolves with the exit status. */
export async function runKeys(
  words: readonly string[],
  wishes: KeyWishes,
  out: Terminal,
  err: Terminal,
): Promise<number> {
  if (words.length !== 1 || words[0] !== "create" || wishes.name === undefined) {
    err.write("voepy: say what to do: voepy keys create --name NAME [--tenant ID] [--scopes calls:read,calls:write]\n");
    return 2;
  }
  const scopes = (wishes.scopes ?? "*").split(",").map((scope) => scope.trim());
  const request = { name: wishes.name, tenantId: wishes.tenant ?? "default", scopes };
  try {
    const { id, key } = await createKey(loadConfig(wishes.config), request);
    err.write(`${id} for tenant ${request.tenantId}, scopes ${scopes.join(", ")}; the key is shown this once:\n`);
    out.write(`${key}\n`);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    err.write(`voepy: ${thrown.message}\n`);
    return 1;
  }
}
