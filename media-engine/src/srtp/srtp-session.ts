/** Both directions of a leg's SRTP. A new description that keeps a key goes on with it where it stood. */
import type { SrtpParams } from "../types.ts";
import { SrtpTransform, type TransformState } from "./transform.ts";

/** What another thread needs beside the keys. */
export interface SrtpState {
  readonly tx: TransformState;
  readonly rx: TransformState;
}

export class SrtpSession {
  readonly tx: SrtpTransform;
  readonly rx: SrtpTransform;
  readonly #params: SrtpParams;

  constructor(params: SrtpParams, before?: SrtpSession) {
    this.#params = params;
    const was = before === undefined ? undefined : before.#params;
    const isSuite = was?.suite === params.suite;
    const [tx, rx] = [before?.tx, before?.rx];
    this.tx = tx && isSuite && isSame(was.txKey, params.txKey) ? tx : new SrtpTransform(params.suite, params.txKey);
    this.rx = rx && isSuite && isSame(was.rxKey, params.rxKey) ? rx : new SrtpTransform(params.suite, params.rxKey);
  }

  state(): SrtpState {
    return { tx: this.tx.state(), rx: this.rx.state() };
  }

  continueFrom(state: SrtpState): void {
    this.tx.continueFrom(state.tx);
    this.rx.continueFrom(state.rx);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
