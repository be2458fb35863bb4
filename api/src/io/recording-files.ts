/** The folder recordings live in. A path comes from a row and never leaves the folder, whatever the row says. */
import { type FileHandle, open, realpath, rm } from "node:fs/promises";
import { resolve, sep } from "node:path";

/** Bytes read at once: about half a second of stereo wav. */
const CHUNK_BYTES = 65_536;

export interface OpenRecording {
  readonly sizeBytes: number;
  /** The bytes `first` to `last`, both included; closes the file at their end or when the reader goes away. */
  stream(first: number, last: number): ReadableStream<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export interface RecordingFiles {
  /** undefined when there is no such file in the folder. Close it or read its stream. */
  open(path: string): Promise<OpenRecording | undefined>;
  /** A file that is gone already counts as removed. */
  remove(path: string): Promise<void>;
}

export function recordingFolder(folder: string): RecordingFiles {
  return {
    async open(path) {
      const inside = await pathInside(folder, path);
      if (inside === undefined) return undefined;
      const file = await open(inside, "r");
      const facts = await file.stat();
      if (!facts.isFile()) {
        await file.close();
        return undefined;
      }
      return {
        sizeBytes: facts.size,
        stream: (first, last) => streamOf(file, first, last),
        close: () => file.close(),
      };
    },
    async remove(path) {
      const inside = await pathInside(folder, path);
      if (inside !== undefined) await rm(inside, { force: true });
    },
  };
}

/** The real path, symbolic links followed; undefined when it is not there or not inside. */
async function pathInside(folder: string, path: string): Promise<string | undefined> {
  const [base, real] = await Promise.all([realPathOf(folder), realPathOf(resolve(folder, path))]);
  return base !== undefined && real?.startsWith(base + sep) ? real : undefined;
}

async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && (thrown.code === "ENOENT" || thrown.code === "ENOTDIR"))
      return undefined;
    throw thrown;
  }
}

function streamOf(file: FileHandle, first: number, last: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = first;
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, last + 1 - at));
      const { bytesRead } = chunk.length === 0 ? { bytesRead: 0 } : await file.read(chunk, 0, chunk.length, at);
      at += bytesRead;
      if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
      if (bytesRead > 0 && at <= last) return;
      await file.close();
      controller.close();
    },
    cancel: () => file.close(),
  });
}
