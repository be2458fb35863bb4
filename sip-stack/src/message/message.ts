/**
 * The shape of a SIP message (RFC 3261 §7). Headers keep order and spelling of what came; lookup is by the
 * lower-case long name. `parse.ts` makes these from bytes, `serialise.ts` writes them.
 */
export interface Header {
  /** As received or as we write it; compact forms are expanded (`v` becomes `Via`). */
  readonly name: string;
  /**
   * Unfolded, trimmed. Comma lists of addresses (Via, Route, Record-Route, Contact, …) are split: one Header an
   * element. Lists of tokens (Supported, Allow, …) stay whole: `tokensOf` reads them.
   */
  readonly value: string;
}

export interface SipRequest {
  readonly kind: "request";
  readonly method: string;
  /** Verbatim Request-URI. */
  readonly requestUri: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export interface SipResponse {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

export type ParseResult =
  | {
      readonly ok: true;
      readonly message: SipMessage /** Bytes used, Content-Length honoured. */;
      readonly size: number;
    }
  | {
      readonly ok: false;
      /** What was expected and what came, naming the header: goes into the Reason-Phrase and the log. */
      readonly problem: string;
      /** Status a UAS answers with (400, 505, 513, …); undefined: drop (not SIP, a response, unanswerable). */
      readonly status: number | undefined;
      /** Enough of the request to answer it by (Via, From, To, Call-ID, CSeq), where it could be read. */
      readonly answerable: SipRequest | undefined;
    };

/** First header of that lower-case long name. */
export function headerOf(message: { readonly headers: readonly Header[] }, lowerName: string): string | undefined {
  for (const { name, value } of message.headers) {
    // The length first: most names need no lower-casing to be told apart.
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return value;
  }
  return undefined;
}

/** All headers of that lower-case long name, top first. */
export function headersOf(message: { readonly headers: readonly Header[] }, lowerName: string): string[] {
  const values: string[] = [];
  for (const { name, value } of message.headers) {
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) values.push(value);
  }
  return values;
}
