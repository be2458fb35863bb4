/** Outbound HTTP as the rest of voepy sees it: bounded in time, size and redirects. */

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** http or https. Credentials in it are sent as Basic authorization. */
  readonly url: string;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** From the call to the last byte of the body, redirects included. */
  readonly timeoutMs: number;
  /** To the head of a response, redirects included. Default: `timeoutMs`. */
  readonly firstByteMs?: number;
  /** Cap of the body, as sent and as decompressed. */
  readonly maxBytes: number;
  /** A longer body is an error (default), or is cut at `maxBytes` and the connection dropped. */
  readonly overflow?: "error" | "cut";
  /** 0: a 3xx is returned like any other response. Otherwise one more than this many is an error. */
  readonly maxRedirects: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The one that answered, after redirects. */
  readonly url: string;
}

export interface HttpClient {
  /**
   * Resolves with any status. Rejects with CodedError `media_unreachable` and a plain reason
   * ("address 10.0.0.5 is private") when no whole response could be had.
   */
  fetch(request: HttpRequest): Promise<HttpResponse>;
  /** Drops idle connections and what is in flight. */
  close(): Promise<void>;
}
