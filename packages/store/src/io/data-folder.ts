import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/** Makes the folder a database file lies in: only its owner may look, for the rows hold credentials. */
export function makeFolderOf(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}

/** Removes a file that may not be there. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
}
