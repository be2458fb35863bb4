/** A folder of sound files named by key, kept below a size: the least recently used go first. */
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Log, messageOf } from "@voepy/base";

export interface SoundFolder {
  /** undefined: not there, or not readable. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** A disk that takes nothing is logged and costs only the cache. */
  write(key: string, bytes: Uint8Array): Promise<void>;
}

const NAME = /^[0-9a-f]{64}\.wav$/;

export function makeSoundFolder(options: { folder: string; maxBytes: number; log: Log }): SoundFolder {
  const { folder, maxBytes, log } = options;
  /** Bytes by key, in the order of their last use; made at the first need. */
  let kept: Promise<Map<string, number>> | undefined;
  let total = 0;
  const index = (): Promise<Map<string, number>> => {
    kept ??= list(folder).then((found) => {
      total = [...found.values()].reduce((sum, bytes) => sum + bytes, 0);
      return found;
    });
    return kept;
  };
  const path = (key: string): string => join(folder, `${key}.wav`);
  const forget = async (files: Map<string, number>, key: string): Promise<void> => {
    total -= files.get(key) ?? 0;
    files.delete(key);
    await rm(path(key), { force: true });
  };
  const store = async (key: string, bytes: Uint8Array): Promise<void> => {
    const files = await index();
    if (bytes.length > maxBytes || files.has(key)) return;
    files.set(key, bytes.length);
    total += bytes.length;
    // Renamed when whole: a crash leaves no half of a sentence.
    await writeFile(`${path(key)}.part`, bytes);
    await rename(`${path(key)}.part`, path(key));
    for (const oldest of files.keys()) {
      if (total <= maxBytes) break;
      if (oldest !== key) await forget(files, oldest);
    }
  };
  return {
    async read(key) {
      try {
        const files = await index();
        const bytes = files.get(key);
        if (bytes === undefined) return undefined;
        const body = await readFile(path(key));
        files.delete(key);
        files.set(key, bytes);
        const now = new Date(Date.now());
        await utimes(path(key), now, now);
        return body;
      } catch (thrown) {
        log.warn("kept speech cannot be read", { why: messageOf(thrown) });
        return undefined;
      }
    },
    write: (key, bytes) =>
      store(key, bytes).catch((thrown: unknown) => log.warn("speech cannot be kept", { why: messageOf(thrown) })),
  };
}

async function list(folder: string): Promise<Map<string, number>> {
  await mkdir(folder, { recursive: true });
  const found: { key: string; bytes: number; usedMs: number }[] = [];
  for (const name of await readdir(folder)) {
    if (name.endsWith(".part")) await rm(join(folder, name), { force: true });
    if (!NAME.test(name)) continue;
    const { size, mtimeMs } = await stat(join(folder, name));
    found.push({ key: name.slice(0, 64), bytes: size, usedMs: mtimeMs });
  }
  return new Map(found.toSorted((a, b) => a.usedMs - b.usedMs).map(({ key, bytes }) => [key, bytes]));
}
