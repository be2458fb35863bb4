/** Commands that are answered: number them, keep the promise, settle it with the reply or with the thread's end. */
import { CodedError } from "@voepy/base";
import type { MediaLink } from "./media-link.ts";
import type { MediaReply, ReplyValues, RequestType } from "./protocol.ts";

interface Pending {
  readonly link: MediaLink;
  resolve(value: ReplyValues[RequestType]): void;
  reject(error: Error): void;
}

export class Requests {
  readonly #pending = new Map<number, Pending>();
  readonly #lost = new WeakMap<MediaLink, string>();
  #next = 1;

  /**
   * `post` sends the command with the number it is given. Rejects with CodedError `internal_error` when the thread dies,
   * and with an Error carrying the thread's `code` when it refuses.
   */
  make<Type extends RequestType>(link: MediaLink, post: (request: number) => void): Promise<ReplyValues[Type]> {
    const request = this.#next++;
    const reason = this.#lost.get(link);
    if (reason !== undefined) return Promise.reject(lostError(reason));
    return new Promise((resolve, reject) => {
      // A thread answers a request with the value of its type: `done` in dispatch.ts is typed so.
      this.#pending.set(request, { link, resolve: (value) => resolve(value as ReplyValues[Type]), reject });
      post(request);
    });
  }

  settle(reply: MediaReply): void {
    const pending = this.#pending.get(reply.request);
    if (pending === undefined) return;
    this.#pending.delete(reply.request);
    if (reply.type === "done") pending.resolve(reply.value);
    else pending.reject(Object.assign(new Error(reply.message), { code: reply.code }));
  }

  /** What `link` was asked, or will be, is not answered. */
  fail(link: MediaLink, reason: string): void {
    this.#lost.set(link, reason);
    for (const [request, pending] of this.#pending) {
      if (pending.link !== link) continue;
      this.#pending.delete(request);
      pending.reject(lostError(reason));
    }
  }
}

function lostError(reason: string): CodedError {
  return new CodedError("internal_error", `media thread lost: ${reason}`);
}
