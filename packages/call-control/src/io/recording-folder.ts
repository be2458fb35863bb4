/** Where recordings lie: a folder a day, so that directories stay small and old days are easy to remove. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folders made by this process. */
export class RecordingFolder {
  readonly #root: string;
  #lastMade = "";

  /** `root` is absolute. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Absolute path of a file named relative to the root; its folder exists afterwards. Throws when it cannot be made. */
  place(relative: string): string {
    const path = join(this.#root, relative);
    const folder = dirname(path);
    if (folder !== this.#lastMade) mkdirSync(folder, { recursive: true });
    this.#lastMade = folder;
    return path;
  }
}
