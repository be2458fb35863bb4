/** A web server that takes webhooks, checks their signature (Standard Webhooks) and keeps them. */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { until } from "./child.ts";

export interface WebhookEvent {
  readonly id: string;
  readonly event_type: string;
  readonly occurred_at: string;
  readonly sequence: number;
  readonly data: Readonly<Record<string, unknown>> & { readonly call_id?: string };
}

export interface WebhookSink {
  readonly url: string;
  readonly secret: string;
  /** In the order of arrival, each id once. */
  readonly events: readonly WebhookEvent[];
  /** What was wrong with requests that should not have come. */
  readonly complaints: readonly string[];
  /** The first event of a type, of one call or of any. */
  waitFor(type: string, callId?: string, limitMs?: number): Promise<WebhookEvent>;
  close(): Promise<void>;
}

export async function startWebhookSink(): Promise<WebhookSink> {
  const key = Buffer.from("interop-webhook-secret-0123456789");
  const events: WebhookEvent[] = [];
  const complaints: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data: Buffer) => (body += data.toString()));
    request.on("end", () => {
      const header = (name: string): string => String(request.headers[name] ?? "");
      const signed = `${header("webhook-id")}.${header("webhook-timestamp")}.${body}`;
      const signature = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
      if (!header("webhook-signature").split(" ").includes(signature)) complaints.push(`wrong signature on ${body}`);
      const event: WebhookEvent = JSON.parse(body);
      if (event.id !== header("webhook-id")) complaints.push(`webhook-id is not the event's id: ${body}`);
      if (!events.some((known) => known.id === event.id)) events.push(event);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const ofCall = (callId?: string): WebhookEvent[] =>
    events.filter((event) => callId === undefined || event.data.call_id === callId);
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    secret: `whsec_${key.toString("base64")}`,
    events,
    complaints,
    waitFor: (type, callId, limitMs) =>
      until(
        `webhook ${type}`,
        () => ofCall(callId).find((event) => event.event_type === type),
        limitMs,
        () =>
          ofCall(callId)
            .map((event) => event.event_type)
            .join(" "),
      ),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
