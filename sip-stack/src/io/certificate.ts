/**
 * A certificate and its key on disk: read at start, read again when the files change (renewal needs no restart), its
 * end told in time.
 */
import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { type Clock, CodedError, type Log, messageOf, type Timer } from "@voepy/base";
import { hopText } from "../ua/hop.ts";
import type { Listener } from "../ua/types.ts";

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const LOOK_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
const WARN_AT_DAYS = [30, 7, 1] as const;

export class CertificateFiles {
  readonly #listener: Listener;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #paths: { readonly cert: string; readonly key: string };
  #pair: KeyPair;
  #stamp: string;
  #warnedAtDays = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  private constructor(
    listener: Listener,
    parts: { clock: Clock; log: Log; paths: { cert: string; key: string } },
    read: { pair: KeyPair; stamp: string },
  ) {
    this.#listener = listener;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#paths = parts.paths;
    this.#pair = read.pair;
    this.#stamp = read.stamp;
    this.#watchExpiry();
  }

  /** Rejects with a CodedError that names the listener, the file and what to do. */
  static async open(listener: Listener, parts: { clock: Clock; log: Log }): Promise<CertificateFiles> {
    const { cert, key } = listener;
    if (cert === undefined || key === undefined) {
      throw new CodedError("internal_error", `${hopText(listener)} needs cert and key: paths of PEM files`);
    }
    const paths = { cert, key };
    try {
      return new CertificateFiles(listener, { ...parts, paths }, await read(paths));
    } catch (thrown) {
      const what = `certificate ${cert} with key ${key} cannot be used: ${messageOf(thrown)}`;
      throw new CodedError("internal_error", `${hopText(listener)}: ${what}`, { cause: thrown });
    }
  }

  get pair(): KeyPair {
    return this.#pair;
  }

  /** Looks at the files every minute; `changed` gets every new pair that can be used. A pair that cannot is told and left. */
  watch(changed: (pair: KeyPair) => void): void {
    this.#timer = this.#clock.schedule(this.#clock.nowMs() + LOOK_EVERY_MS, () => {
      this.reload(changed).then(
        () => this.watch(changed),
        () => this.watch(changed),
      );
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The look itself. Never rejects. */
  async reload(changed: (pair: KeyPair) => void): Promise<void> {
    const details = { listener: hopText(this.#listener), cert: this.#paths.cert };
    try {
      if ((await stampOf(this.#paths)) !== this.#stamp) {
        const { pair, stamp } = await read(this.#paths);
        this.#stamp = stamp;
        this.#pair = pair;
        this.#warnedAtDays = Number.POSITIVE_INFINITY;
        changed(pair);
        this.#log.info("certificate reloaded", details);
      }
    } catch (thrown) {
      this.#log.error("a changed certificate cannot be used: the old one stays", {
        ...details,
        why: messageOf(thrown),
      });
    }
    this.#watchExpiry();
  }

  /** One warning at each of 30, 7 and 1 days. */
  #watchExpiry(): void {
    const endsAt = Date.parse(new X509Certificate(this.#pair.cert).validTo);
    const leftDays = (endsAt - this.#clock.wallMs()) / DAY_MS;
    const step = WARN_AT_DAYS.findLast((days) => leftDays <= days);
    if (step === undefined || step >= this.#warnedAtDays) return;
    this.#warnedAtDays = step;
    this.#log.warn(leftDays < 0 ? "certificate has expired" : "certificate expires soon", {
      listener: hopText(this.#listener),
      cert: this.#paths.cert,
      days_left: Math.floor(leftDays),
    });
  }
}

async function read(paths: { cert: string; key: string }): Promise<{ pair: KeyPair; stamp: string }> {
  const stamp = await stampOf(paths);
  const [cert, key] = await Promise.all([readFile(paths.cert, "utf8"), readFile(paths.key, "utf8")]);
  const pair = { cert, key };
  // Throws when they cannot be read as PEM or do not belong together.
  createSecureContext(pair);
  return { pair, stamp };
}

async function stampOf(paths: { cert: string; key: string }): Promise<string> {
  const [cert, key] = await Promise.all([stat(paths.cert), stat(paths.key)]);
  return `${cert.mtimeMs} ${cert.size} ${cert.ino} ${key.mtimeMs} ${key.size} ${key.ino}`;
}
