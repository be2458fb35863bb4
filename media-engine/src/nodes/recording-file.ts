/** What a recorder needs of files: small and synchronous, so that a test can give it memory or a full disk. */

/** `<path>.part` while it is being written. All methods throw the system's Error (`ENOSPC`, `EACCES`, …). */
export interface PartFile {
  append(bytes: Uint8Array): void;
  /** Overwrites what is there at `position`. */
  patch(position: number, bytes: Uint8Array): void;
  /** Fills `out` from `position` as far as there is something. Returns bytes read. */
  read(position: number, out: Uint8Array): number;
  /** Bytes in it. */
  readonly sizeBytes: number;
  /** On the disk for good, and under its final name at one stroke. */
  publish(): void;
  /** Closes it where it lies, for a later repair. Never throws. */
  leave(): void;
  /** Closes and deletes it. False: it could not be deleted. Never throws. */
  discard(): boolean;
}

export interface RecordingFiles {
  /** A new, empty part of `path`; an old one of that name is replaced. Any suffix keeps parts of one path apart. */
  createPart(path: string, suffix: ".part" | ".encoding"): PartFile;
}
