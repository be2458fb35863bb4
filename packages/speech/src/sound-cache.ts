/** Speech that was made before: in memory what is asked for often, in a folder what was ever asked for. */
import type { SoundFolder } from "./io/sound-folder.ts";

export class SoundCache {
  readonly #folder: SoundFolder | undefined;
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  /** `maxBytes`: of memory. No folder: memory alone. */
  constructor(folder: SoundFolder | undefined, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const here = this.#kept.get(key);
    if (here !== undefined) {
      this.#keep(key, here);
      return here;
    }
    const stored = await this.#folder?.read(key);
    if (stored !== undefined) this.#keep(key, stored);
    return stored;
  }

  /** At once in memory; the folder takes it in its own time. */
  put(key: string, wav: Uint8Array): void {
    this.#keep(key, wav);
    void this.#folder?.write(key, wav);
  }

  #keep(key: string, wav: Uint8Array): void {
    this.#bytes += wav.length - (this.#kept.get(key)?.length ?? 0);
    this.#kept.delete(key);
    this.#kept.set(key, wav);
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}
