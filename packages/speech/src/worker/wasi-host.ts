/**
 * The little of an operating system (WASI preview 1) that flite asks for: its arguments, a clock and files in memory. It
 * can reach nothing else, and no file of the machine is touched. Error numbers are WASI's.
 */
const OK = 0;
const BADF = 8;
const INVAL = 28;
const NOENT = 44;
const SPIPE = 70;

/** The one folder, as WASI shows it to a program. */
const ROOT_FD = 3;
const OFLAGS_CREATE = 1;
const OFLAGS_TRUNCATE = 8;
const FILETYPE_CHARACTER_DEVICE = 2;
const FILETYPE_DIRECTORY = 3;
const FILETYPE_REGULAR = 4;
const EVERY_RIGHT = 0x1fff_ffffn;

type PathOpen = [number, number, number, number, number, bigint, bigint, number, number];

class MemoryFile {
  bytes = new Uint8Array(256 * 1024);
  length = 0;

  write(from: Uint8Array, at: number): void {
    const end = at + from.length;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(from, at);
    this.length = Math.max(this.length, end);
  }
}

/** How a program says it is done; the number is its exit status. */
export class ProgramExit {
  readonly status: number;

  constructor(status: number) {
    this.status = status;
  }
}

export class WasiHost {
  readonly #args: readonly Uint8Array[];
  readonly #files = new Map<string, MemoryFile>();
  readonly #open = new Map<number, { readonly file: MemoryFile; at: number }>();
  #nextFd = ROOT_FD + 1;
  #memory: WebAssembly.Memory | undefined;

  constructor(args: readonly string[]) {
    this.#args = args.map((arg) => new TextEncoder().encode(`${arg.replaceAll("\0", " ")}\0`));
  }

  /** Runs a program to its end on a fresh instance; returns its exit status. */
  static run(module: WebAssembly.Module, args: readonly string[]): { status: number; host: WasiHost } {
    const host = new WasiHost(args);
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: host.imports() });
    const { memory, _start: start } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof start !== "function")
      throw new Error("this is no WASI program");
    host.#memory = memory;
    try {
      start();
      return { status: 0, host };
    } catch (thrown) {
      if (thrown instanceof ProgramExit) return { status: thrown.status, host };
      throw thrown;
    }
  }

  /** What the program wrote to the file of that name; undefined when it made none. */
  file(name: string): Uint8Array | undefined {
    const file = this.#files.get(name);
    return file?.bytes.slice(0, file.length);
  }

  imports(): Record<string, (...args: never[]) => number> {
    return {
      args_sizes_get: (count: number, size: number) =>
        this.#put([count, this.#args.length], [size, this.#args.reduce((sum, arg) => sum + arg.length, 0)]),
      args_get: (pointers: number, text: number) => this.#argsGet(pointers, text),
      clock_time_get: (_clock: number, _precision: bigint, out: number) => {
        // The engine only seeds and times itself by it: the same text always sounds the same.
        this.#view().setBigUint64(out, 0n, true);
        return OK;
      },
      fd_prestat_get: (fd: number, out: number) => (fd === ROOT_FD ? this.#put([out, 0], [out + 4, 1]) : BADF),
      fd_prestat_dir_name: (_fd: number, out: number) => {
        this.#view().setUint8(out, "/".charCodeAt(0));
        return OK;
      },
      fd_fdstat_get: (fd: number, out: number) => this.#fdstat(fd, out),
      fd_fdstat_set_flags: () => OK,
      // The folder, flags of the look-up, path and its length, flags, rights twice, flags of the descriptor, the answer.
      path_open: (...[, , path, length, flags, , , , out]: PathOpen) =>
        this.#pathOpen(this.#text(path, length), flags, out),
      fd_read: (fd: number, vectors: number, count: number, out: number) => this.#read(fd, vectors, count, out),
      fd_write: (fd: number, vectors: number, count: number, out: number) => this.#write(fd, vectors, count, out),
      fd_seek: (fd: number, offset: bigint, whence: number, out: number) => this.#seek(fd, Number(offset), whence, out),
      fd_close: (fd: number) => (this.#open.delete(fd) ? OK : BADF),
      proc_exit: (status: number) => {
        throw new ProgramExit(status);
      },
    };
  }

  /** Memory moves when it grows. */
  #view(): DataView {
    if (this.#memory === undefined) throw new Error("the program has not begun");
    return new DataView(this.#memory.buffer);
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#view().buffer, at, length);
  }

  #text(at: number, length: number): string {
    return new TextDecoder().decode(this.#bytes(at, length)).replace(/^\.?\//, "");
  }

  #put(...values: readonly (readonly [at: number, value: number])[]): number {
    const view = this.#view();
    for (const [at, value] of values) view.setUint32(at, value, true);
    return OK;
  }

  #argsGet(pointers: number, text: number): number {
    let at = text;
    this.#args.forEach((arg, index) => {
      this.#put([pointers + index * 4, at]);
      this.#bytes(at, arg.length).set(arg);
      at += arg.length;
    });
    return OK;
  }

  #fdstat(fd: number, out: number): number {
    const isKnown = fd <= ROOT_FD || this.#open.has(fd);
    if (!isKnown) return BADF;
    const view = this.#view();
    view.setUint8(
      out,
      fd < ROOT_FD ? FILETYPE_CHARACTER_DEVICE : fd === ROOT_FD ? FILETYPE_DIRECTORY : FILETYPE_REGULAR,
    );
    view.setUint8(out + 1, 0);
    view.setUint16(out + 2, 0, true);
    view.setBigUint64(out + 8, EVERY_RIGHT, true);
    view.setBigUint64(out + 16, EVERY_RIGHT, true);
    return OK;
  }

  #pathOpen(name: string, flags: number, out: number): number {
    let file = this.#files.get(name);
    if (file === undefined) {
      if ((flags & OFLAGS_CREATE) === 0) return NOENT;
      file = new MemoryFile();
      this.#files.set(name, file);
    }
    if ((flags & OFLAGS_TRUNCATE) !== 0) file.length = 0;
    const fd = this.#nextFd++;
    this.#open.set(fd, { file, at: 0 });
    return this.#put([out, fd]);
  }

  /** Each vector is an address and a length. */
  #vectors(at: number, count: number): Uint8Array[] {
    const view = this.#view();
    return Array.from({ length: count }, (_, index) =>
      this.#bytes(view.getUint32(at + index * 8, true), view.getUint32(at + index * 8 + 4, true)),
    );
  }

  #read(fd: number, vectors: number, count: number, out: number): number {
    const open = this.#open.get(fd);
    if (open === undefined) return fd === 0 ? this.#put([out, 0]) : BADF;
    const from = open.at;
    for (const into of this.#vectors(vectors, count)) {
      const some = open.file.bytes.subarray(open.at, Math.min(open.at + into.length, open.file.length));
      into.set(some);
      open.at += some.length;
    }
    return this.#put([out, open.at - from]);
  }

  /** What goes to the console goes nowhere. */
  #write(fd: number, vectors: number, count: number, out: number): number {
    const open = this.#open.get(fd);
    if (open === undefined && fd > 2) return BADF;
    let written = 0;
    for (const from of this.#vectors(vectors, count)) {
      open?.file.write(from, open.at + written);
      written += from.length;
    }
    if (open !== undefined) open.at += written;
    return this.#put([out, written]);
  }

  #seek(fd: number, offset: number, whence: number, out: number): number {
    const open = this.#open.get(fd);
    if (open === undefined) return fd <= 2 ? SPIPE : BADF;
    const base = [0, open.at, open.file.length][whence];
    if (base === undefined || base + offset < 0) return INVAL;
    open.at = base + offset;
    this.#view().setBigUint64(out, BigInt(open.at), true);
    return OK;
  }
}
