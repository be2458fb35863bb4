/** Recordings on a real disk. Whatever is still open when the process dies is found as `.part` beside its final name. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { PartFile, RecordingFiles } from "../nodes/recording-file.ts";

/** A link in its place is not followed. */
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
/** For the owner alone: recordings are somebody's voice. */
const MODE = 0o600;

export const diskFiles: RecordingFiles = {
  createPart: (path, suffix) => new DiskPart(path, `${path}${suffix}`, openSync(`${path}${suffix}`, CREATE, MODE)),
};

/** The part a crash left. Throws `ENOENT` when there is none. */
export function openPart(path: string): DiskPart {
  return new DiskPart(path, `${path}.part`, openSync(`${path}.part`, "r+"));
}

export class DiskPart implements PartFile {
  readonly #finalPath: string;
  readonly #path: string;
  readonly #descriptor: number;
  #size: number;
  #isClosed = false;

  constructor(finalPath: string, path: string, descriptor: number) {
    this.#finalPath = finalPath;
    this.#path = path;
    this.#descriptor = descriptor;
    this.#size = fstatSync(descriptor).size;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    this.patch(this.#size, bytes);
    this.#size += bytes.length;
  }

  patch(position: number, bytes: Uint8Array): void {
    let done = 0;
    // A write to a nearly full disk may take a part and refuse the rest only when asked again.
    while (done < bytes.length) done += writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done);
  }

  read(position: number, out: Uint8Array): number {
    let done = 0;
    while (done < out.length) {
      const count = readSync(this.#descriptor, out, done, out.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  publish(): void {
    fsyncSync(this.#descriptor);
    this.#close();
    renameSync(this.#path, this.#finalPath);
    syncFolder(dirname(this.#finalPath));
  }

  leave(): void {
    this.#close();
  }

  discard(): boolean {
    this.#close();
    try {
      rmSync(this.#path, { force: true });
      return true;
    } catch {
      return false;
    }
  }

  /** Cuts it down to `sizeBytes`. */
  truncate(sizeBytes: number): void {
    ftruncateSync(this.#descriptor, sizeBytes);
    this.#size = sizeBytes;
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }
}

/** A rename is on the disk for good when its folder is. */
function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
