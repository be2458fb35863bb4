import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idMaker, silentLog, systemClock, systemRandom } from "@voepy/base";
import { type ApiKeyRecord, openStore } from "@voepy/store";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "./config.ts";
import { createKey } from "./keys.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "voepy-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const configOf = (more = "") => parseConfig(`data_dir: ${folder}\n${more}`, "x.yaml", {});
const TENANT = "tenants: [{id: acme, sip_users: [{username: ann, password: x}]}]\n";

async function stored(key: string): Promise<ApiKeyRecord | undefined> {
  const store = await openStore({
    path: join(folder, "voepy.db"),
    clock: systemClock,
    makeId: idMaker(systemClock, systemRandom),
    log: silentLog,
  });
  try {
    return await store.settings.apiKeyByHash(createHash("sha256").update(key).digest("hex"));
  } finally {
    await store.close();
  }
}

test("a key is stored as a hash, with its scopes, also for a tenant that only the configuration has yet", async () => {
  const { id, key } = await createKey(configOf(TENANT), { name: "ci", tenantId: "acme", scopes: ["calls:read"] });
  expect(key).toMatch(/^voepy_key_[\w-]{32}$/);
  expect(await stored(key)).toMatchObject({
    id,
    tenantId: "acme",
    name: "ci",
    scopes: ["calls:read"],
    expiresAt: null,
  });
});

test("keys are added, none is replaced", async () => {
  const request = { name: "same name", tenantId: "acme", scopes: ["*"] };
  const first = await createKey(configOf(TENANT), request);
  const second = await createKey(configOf(), request);
  expect(first.key).not.toBe(second.key);
  expect(await stored(first.key)).toMatchObject({ id: first.id });
  expect(await stored(second.key)).toMatchObject({ id: second.id });
});

test("an unknown tenant and an unknown scope are refused, naming those that are there", async () => {
  const request = { name: "x", tenantId: "default", scopes: ["*"] };
  await expect(createKey(configOf(), request)).rejects.toThrow("start voepy once");
  await createKey(configOf(TENANT), { ...request, tenantId: "acme" });
  await expect(createKey(configOf(), request)).rejects.toThrow("there is no tenant default; there are acme");
  await expect(createKey(configOf(), { ...request, scopes: ["calls:all"] })).rejects.toThrow(/calls:all: there are \*/);
});
