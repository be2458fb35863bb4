/**
 * The receiving end of webhooks, as an `HttpClient` on virtual time or behind a real HTTP server. It checks every
 * request against the Standard Webhooks specification by its own computation, and can be slow, broken or away.
 */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, CodedError, type HttpClient, type HttpRequest, type HttpResponse } from "@voepy/base";

export interface ReceivedWebhook {
  /** Wall ms. */
  readonly receivedAt: number;
  readonly url: string;
  /** webhook-id. */
  readonly id: string;
  readonly eventType: string;
  readonly sequence: number;
  /** `data.id`-like: `data.call_id`, else `data.id`, else empty. */
  readonly callId: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** Why the request breaks the specification; undefined when it is good. */
  readonly problem: string | undefined;
  /** The answer it got; undefined: none. */
  readonly status: number | undefined;
}

export interface SinkBehaviour {
  /** Default 200; undefined with `isDown`. */
  readonly status?: number;
  /** Connection refused. */
  readonly isDown?: boolean;
  /** Before the answer. Longer than the sender's patience: its timeout. */
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Largest distance of webhook-timestamp from now (Standard Webhooks: five minutes). */
const TOLERANCE_S = 300;

export class WebhookSink implements HttpClient {
  /** Every request in order of arrival, answered well or not. */
  readonly received: ReceivedWebhook[] = [];
  readonly #clock: Clock;
  readonly #secrets: readonly string[];
  #behave: (webhook: ReceivedWebhook) => SinkBehaviour = () => ({});

  /** `secrets`: `whsec_…`; a signature of any of them is good. */
  constructor(options: { clock: Clock; secrets: readonly string[] }) {
    this.#clock = options.clock;
    this.#secrets = options.secrets;
  }

  /** From now on. A function may answer by url, event or count. */
  behave(how: SinkBehaviour | ((webhook: ReceivedWebhook) => SinkBehaviour)): void {
    this.#behave = typeof how === "function" ? how : () => how;
  }

  /** Good requests that were answered 2xx, each webhook-id once, in order of arrival. */
  accepted(eventType?: string): ReceivedWebhook[] {
    const seen = new Set<string>();
    return this.received.filter((one) => {
      const isNew = one.problem === undefined && is2xx(one.status) && !seen.has(one.id);
      if (isNew) seen.add(one.id);
      return isNew && (eventType === undefined || one.eventType === eventType);
    });
  }

  /** Event types in order of arrival, of one call when named. */
  eventTypes(callId?: string): string[] {
    return this.accepted().flatMap((one) => (callId === undefined || one.callId === callId ? [one.eventType] : []));
  }

  /** What was wrong with any request. */
  problems(): string[] {
    return this.received.flatMap((one) => (one.problem === undefined ? [] : [one.problem]));
  }

  async fetch(request: HttpRequest): Promise<HttpResponse> {
    const body = typeof request.body === "string" ? request.body : Buffer.from(request.body ?? []).toString("utf8");
    const answer = this.#take(request.url, lowerNames(request.headers), body);
    const patienceMs = Math.min(request.firstByteMs ?? request.timeoutMs, request.timeoutMs);
    const waitMs = Math.min(answer.delayMs ?? 0, patienceMs);
    if (waitMs > 0) await this.#wait(waitMs);
    if (answer.isDown) throw new CodedError("media_unreachable", `connection to ${request.url} refused`);
    if ((answer.delayMs ?? 0) > patienceMs) {
      throw new CodedError("media_unreachable", `no answer of ${request.url} within ${patienceMs} ms`);
    }
    return {
      status: answer.status ?? 200,
      headers: lowerNames(answer.headers ?? {}),
      body: Buffer.from(answer.body ?? ""),
      url: request.url,
    };
  }

  async close(): Promise<void> {
    return undefined;
  }

  /** The same sink behind a real server on 127.0.0.1. */
  async listen(): Promise<{ url: string; close(): Promise<void> }> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const headers = lowerNames(request.headers);
        const answer = this.#take(request.url ?? "/", headers, Buffer.concat(chunks).toString("utf8"));
        if (answer.isDown) {
          request.socket.destroy();
          return;
        }
        this.#clock.schedule(this.#clock.nowMs() + (answer.delayMs ?? 0), () => {
          response.writeHead(answer.status ?? 200, { ...answer.headers }).end(answer.body ?? "");
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // A TCP server's address is never a pipe's name.
    return {
      url: `http://127.0.0.1:${port}/`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }

  #take(url: string, headers: Readonly<Record<string, string>>, body: string): SinkBehaviour {
    const read = readBody(body);
    const webhook: ReceivedWebhook = {
      receivedAt: this.#clock.wallMs(),
      url,
      id: headers["webhook-id"] ?? "",
      ...read,
      body,
      problem: read.problem ?? this.#problemOf(headers, body),
      status: undefined,
    };
    const answer = this.#behave(webhook);
    this.received.push(answer.isDown ? webhook : { ...webhook, status: answer.status ?? 200 });
    return answer;
  }

  #problemOf(headers: Readonly<Record<string, string>>, body: string): string | undefined {
    const id = headers["webhook-id"] ?? "";
    const timestamp = headers["webhook-timestamp"] ?? "";
    const signatures = (headers["webhook-signature"] ?? "").split(" ");
    if (id === "") return "webhook-id is missing";
    if (id.includes(".")) return `webhook-id ${id} has a dot, which the signed text forbids`;
    if (!/^\d{10}$/.test(timestamp)) return `webhook-timestamp ${JSON.stringify(timestamp)} is not in whole seconds`;
    const awayS = Math.abs(Number(timestamp) - this.#clock.wallMs() / 1000);
    if (awayS > TOLERANCE_S) return `webhook-timestamp is ${Math.round(awayS)} s away from now`;
    const good = this.#secrets.map((secret) => `v1,${signatureOf(secret, `${id}.${timestamp}.${body}`)}`);
    if (!signatures.some((signature) => good.includes(signature))) return `no good signature for ${id}`;
    return undefined;
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.schedule(this.#clock.nowMs() + ms, resolve));
  }
}

function signatureOf(secret: string, text: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return createHmac("sha256", key).update(text).digest("base64");
}

function readBody(body: string): Pick<ReceivedWebhook, "eventType" | "sequence" | "callId" | "data" | "problem"> {
  const nothing = { eventType: "", sequence: 0, callId: "", data: {} };
  const json = parseObject(body);
  if (json === undefined) return { ...nothing, problem: "the body is not a JSON object" };
  const { event_type: eventType, sequence, data } = json;
  if (typeof eventType !== "string" || typeof sequence !== "number" || !isObject(data)) {
    return { ...nothing, problem: "the body lacks event_type, sequence or data" };
  }
  const callId = [data["call_id"], data["id"]].find((value) => typeof value === "string") ?? "";
  return { eventType, sequence, data, callId: String(callId), problem: undefined };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lowerNames(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value ?? "")]));
}

function is2xx(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}
