/** One POST of one event to one URL, and what came of it. */
import { type Clock, type HttpClient, messageOf } from "@voepy/base";
import type { EventRecord } from "@voepy/store";
import { signatureHeaders, webhookBody } from "./sign.ts";

export interface Attempt {
  readonly event: EventRecord;
  readonly url: string;
  /** Each makes a signature. */
  readonly secrets: readonly string[];
  readonly userAgent: string;
}

export interface Outcome {
  readonly isDelivered: boolean;
  readonly statusCode: number | null;
  readonly latencyMs: number;
  readonly error: string | null;
  /** How the response's body begins, for people to read. */
  readonly responseHead: string | null;
}

/** 2xx within this long is success. */
const TIMEOUT_MS = 5_000;
/** Of the response; the rest is not read. */
const HEAD_BYTES = 1_024;

/** Never rejects: what goes wrong on the way is an outcome. */
export async function attempt(
  { event, url, secrets, userAgent }: Attempt,
  http: HttpClient,
  clock: Clock,
): Promise<Outcome> {
  const body = webhookBody(event);
  const startedMs = clock.nowMs();
  const latencyMs = (): number => Math.round(clock.nowMs() - startedMs);
  try {
    const response = await http.fetch({
      method: "POST",
      url,
      headers: {
        "content-type": "application/json",
        "user-agent": userAgent,
        ...signatureHeaders({ id: event.id, wallMs: clock.wallMs(), body }, secrets),
      },
      body,
      timeoutMs: TIMEOUT_MS,
      maxBytes: HEAD_BYTES,
      overflow: "cut",
      // A redirect is answered as it stands, and is no success: signed events go where they were meant to.
      maxRedirects: 0,
    });
    const isDelivered = response.status >= 200 && response.status < 300;
    return {
      isDelivered,
      statusCode: response.status,
      latencyMs: latencyMs(),
      error: isDelivered ? null : `answered ${response.status}`,
      responseHead: textHead(response.body),
    };
  } catch (error) {
    return {
      isDelivered: false,
      statusCode: null,
      latencyMs: latencyMs(),
      error: messageOf(error),
      responseHead: null,
    };
  }
}

/** At most 1 kB when stored: replacement characters must not make it longer. */
function textHead(body: Uint8Array): string {
  const text = Buffer.from(body.subarray(0, HEAD_BYTES)).toString("utf8");
  return Buffer.byteLength(text) <= HEAD_BYTES ? text : text.slice(0, Math.floor(HEAD_BYTES / 3));
}
