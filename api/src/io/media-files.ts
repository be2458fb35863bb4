/** The folder uploaded audio lives in, under names of our making. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

export interface MediaFiles {
  /** Whole or not at all, whenever the process dies. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** undefined when it is gone. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** A file that is gone already counts as removed. */
  remove(name: string): Promise<void>;
}

const NAME = /^voepy_media_[0-9A-Z]{26}\.[a-z0-9]{3,4}$/;

export function mediaFolder(folder: string): MediaFiles {
  const pathOf = (name: string): string => {
    if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a media file`);
    return join(folder, name);
  };
  return {
    async write(name, bytes) {
      const path = pathOf(name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(`${path}.part`, "w", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
    },
    async read(name) {
      try {
        return await readFile(pathOf(name));
      } catch (thrown) {
        if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
        throw thrown;
      }
    },
    remove: (name) => rm(pathOf(name), { force: true }),
  };
}
