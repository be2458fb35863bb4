/** Folders that must be written to, room on their disks, and the database. */
import { randomBytes } from "node:crypto";
import { access, constants, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf } from "@voepy/base";
import { inspectDatabase } from "@voepy/store";
import type { Config } from "../config-schema.ts";
import { codeOf, type Finding, fail, ok, warn } from "./finding.ts";

const LEAST_BYTES = 200e6;
const COMFORTABLE_BYTES = 2e9;
/** A recording of both sides as wav, 8 kHz, 16 bits. */
const DUAL_WAV_BYTES_PER_HOUR = 2 * 2 * 8000 * 3600;

export async function* checkDisk(config: Config): AsyncGenerator<Finding> {
  const data = resolve(config.data_dir);
  const recordings = resolve(config.storage.recordings ?? join(data, "recordings"));
  yield* checkFolder("data_dir", data);
  yield* checkFolder("storage.recordings", recordings);
  yield await checkDatabase(join(data, "voepy.db"));
}

async function* checkFolder(key: string, folder: string): AsyncGenerator<Finding> {
  let existing = folder;
  try {
    existing = await nearestExisting(folder);
    if (existing === folder) await writeProbe(folder);
    else await access(existing, constants.W_OK | constants.X_OK);
  } catch (thrown) {
    yield fail(
      `${key} ${folder}`,
      `cannot be written: ${messageOf(thrown)}`,
      `make it and give it to the user that runs voepy: mkdir -p ${folder} && chown USER ${folder}`,
    );
    return;
  }
  yield ok(`${key} ${folder}`, existing === folder ? "writable" : "not there yet, can be made");
  const { bavail, bsize } = await statfs(existing);
  yield room(`${key} disk`, bavail * bsize);
}

function room(check: string, freeBytes: number): Finding {
  const hours = Math.floor(freeBytes / DUAL_WAV_BYTES_PER_HOUR);
  const detail = `${(freeBytes / 1e9).toFixed(1)} GB free, ${hours} hours of two-channel wav`;
  const advice = "free some, or point data_dir or storage.recordings to a larger disk";
  if (freeBytes < LEAST_BYTES) return fail(check, detail, advice);
  return freeBytes < COMFORTABLE_BYTES ? warn(check, detail, advice) : ok(check, detail);
}

async function nearestExisting(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await stat(at).catch((thrown: unknown) => {
      if (codeOf(thrown) === "ENOENT") return undefined;
      throw thrown;
    });
    if (found !== undefined || dirname(at) === at) return at;
  }
}

/** Permission bits do not tell of read-only mounts and quotas: writing does. */
async function writeProbe(folder: string): Promise<void> {
  const probe = join(folder, `.voepy-doctor-${randomBytes(6).toString("hex")}`);
  await writeFile(probe, "x", { flag: "wx" });
  await rm(probe);
}

async function checkDatabase(path: string): Promise<Finding> {
  const check = `database ${path}`;
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return ok(check, "not there yet, will be made");
  let state;
  try {
    state = inspectDatabase(path);
  } catch (thrown) {
    return fail(
      check,
      `cannot be read: ${messageOf(thrown)}`,
      "restore it from a backup, or move it away to begin anew",
    );
  }
  const { schemaVersion, knownVersion, problems } = state;
  if (problems.length > 0)
    return fail(
      check,
      `damaged: ${problems[0]}${problems.length > 1 ? ` and ${problems.length - 1} more` : ""}`,
      `stop voepy and restore a backup, or save what can be read: sqlite3 ${path} .recover`,
    );
  if (schemaVersion > knownVersion)
    return fail(
      check,
      `schema version ${schemaVersion} is of a newer voepy (this one knows ${knownVersion})`,
      "start the newer voepy, or restore the copy made before the upgrade",
    );
  const next = schemaVersion < knownVersion ? `, will be upgraded to ${knownVersion} at the next start` : "";
  return ok(check, `sound, schema version ${schemaVersion}${next}`);
}
