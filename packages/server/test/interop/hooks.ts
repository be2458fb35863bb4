/** The receiving end of webhooks: a real web server that checks every signature, and waits for what should come. */
import { systemClock } from "@voepy/base";
import { type ReceivedWebhook, WebhookSink } from "@voepy/testkit";
import { until } from "./child.ts";

export interface Hooks {
  readonly url: string;
  readonly secret: string;
  /** Good ones, each id once, in order of arrival; of one call when named. */
  events(callId?: string): ReceivedWebhook[];
  /** What was wrong with any request. */
  problems(): string[];
  /** The first event of a type of one call. */
  waitFor(type: string, callId: string): Promise<ReceivedWebhook>;
  /** The last `call.started` of a call to `number` that is not among `known`. */
  waitForCallTo(number: string, known?: ReadonlySet<string>): Promise<ReceivedWebhook>;
  close(): Promise<void>;
}

export async function startHooks(): Promise<Hooks> {
  const secret = `whsec_${Buffer.from("interop-webhook-secret-0123456789").toString("base64")}`;
  const sink = new WebhookSink({ clock: systemClock, secrets: [secret] });
  const server = await sink.listen();
  const events = (callId?: string): ReceivedWebhook[] =>
    sink.accepted().filter((event) => callId === undefined || event.callId === callId);
  return {
    url: server.url,
    secret,
    events,
    problems: () => sink.problems(),
    waitFor: (type, callId) =>
      until(`webhook ${type}`, () => events(callId).find((event) => event.eventType === type), {
        explain: () =>
          events(callId)
            .map((event) => event.eventType)
            .join(" "),
      }),
    waitForCallTo: (number, known) =>
      until(`a call to ${number}`, () =>
        events().findLast(
          (event) =>
            event.eventType === "call.started" && event.data.to === number && known?.has(event.callId) !== true,
        ),
      ),
    close: () => server.close(),
  };
}
