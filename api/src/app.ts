/**
 * The HTTP API: parse, authorise, call, serialise. Builds one Hono app from what is handed in; `app.request()` serves it
 * without a socket.
 */
import { type Clock, CodedError, type HttpClient, type Log, type MakeId, type Random, randomHex } from "@voepy/base";
import { type CallControl, type Conferences, serializeCall, type Traces, verbs } from "@voepy/call-control";
import type { Store } from "@voepy/store";
import { Hono } from "hono";
import { type EventStreams, makeEventStreams } from "./event-streams.ts";
import { type Listening, listen } from "./io/listen.ts";
import type { MediaFiles } from "./io/media-files.ts";
import type { RecordingFiles } from "./io/recording-files.ts";
import { type LiveState, nothingLive } from "./live-state.ts";
import { bearer } from "./middleware/bearer.ts";
import { closeUnlessRead } from "./middleware/body.ts";
import { countAnswers } from "./middleware/count.ts";
import { makeIdempotency, type StoredAnswer } from "./middleware/idempotency.ts";
import { type RateLimit, rateLimiter } from "./middleware/rate-limit.ts";
import { requestId } from "./middleware/request-id.ts";
import { mount, reportFailure, send } from "./mount.ts";
import { openApiDocument } from "./openapi/document.ts";
import { refusalOf } from "./refusal.ts";
import type { ApiEnv, Route } from "./route.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { callActionRoutes } from "./routes/call-actions.ts";
import { callRoutes } from "./routes/calls.ts";
import { conferenceRoutes } from "./routes/conferences.ts";
import { docsRoutes } from "./routes/docs.ts";
import { downloadRoutes } from "./routes/download.ts";
import { eventRoutes } from "./routes/events.ts";
import { findingRoutes } from "./routes/findings.ts";
import { healthRoutes } from "./routes/health.ts";
import { mediaRoutes } from "./routes/media.ts";
import { phoneNumberRoutes } from "./routes/phone-numbers.ts";
import { recordingRoutes } from "./routes/recordings.ts";
import { type SandboxCalls, sandboxRoutes } from "./routes/sandbox.ts";
import { sipUserRoutes } from "./routes/sip-users.ts";
import { statsRoutes } from "./routes/stats.ts";
import { streamingRoutes } from "./routes/streamings.ts";
import { tenantRoutes } from "./routes/tenants.ts";
import { traceRoutes } from "./routes/trace.ts";
import { trunkRoutes } from "./routes/trunks.ts";
import { type VoiceDescription, voiceRoutes } from "./routes/voices.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import type { RecordingLinkSigner } from "./sign.ts";

export interface ApiOptions {
  readonly store: Store;
  readonly calls: CallControl;
  readonly traces: Pick<Traces, "ofCall">;
  /** Absent: `POST /v1/sandbox/calls` answers 501. */
  readonly sandbox?: SandboxCalls | undefined;
  /** Absent: there are none. */
  readonly voices?: (() => readonly VoiceDescription[]) | undefined;
  /** Absent: there are no conferences. */
  readonly conferences?: Conferences | undefined;
  readonly links: RecordingLinkSigner;
  readonly files: RecordingFiles;
  readonly mediaFiles: MediaFiles;
  /** Decodes audio. Resolves its length, ms; throws `media_unreachable` with the reason it cannot be played. */
  readonly measureAudio: (sha256: string, bytes: Uint8Array) => Promise<number>;
  /** For URLs that come through the API. */
  readonly http: HttpClient;
  /** Absent: nothing is watched. */
  readonly live?: LiveState | undefined;
  /** Ids of routes that every tenant may name. */
  readonly sharedRoutes?: readonly string[] | undefined;
  /** Told when a webhook delivery was set to be made now. */
  readonly deliveriesDue?: (() => void) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly makeId: MakeId;
  readonly log: Log;
  /** The operator's key for /v1/tenants; absent: nobody is admin. */
  readonly adminKey?: string | undefined;
  /** voepy's own, for the OpenAPI document. */
  readonly version: string;
  /** For each API key. */
  readonly limits: RateLimit;
  /** New calls are refused with 503. */
  readonly draining: () => boolean;
  /** SIP and media are up. */
  readonly ready: () => boolean;
  /** Prometheus series by name; the API adds its own. */
  readonly metrics?: (() => Promise<Readonly<Record<string, number>>>) | undefined;
}

export interface Api {
  readonly app: Hono<ApiEnv>;
  listen(address: { host: string; port: number }): Promise<Listening>;
}

export function makeApi(options: ApiOptions): Api {
  const { store, clock, log, links } = options;
  const app = new Hono<ApiEnv>();
  const answers = countAnswers();
  app.use(requestId(options.makeId), answers.middleware);
  const recover = async (tenantId: string, callId: string): Promise<StoredAnswer | undefined> => {
    const detail = await store.calls.get(tenantId, callId);
    return detail && { status: 201, body: JSON.stringify(serializeCall(detail, links)) };
  };
  const streams = makeEventStreams(store, clock);
  const metrics = async () => ({ ...answers.series(), ...(await options.metrics?.()) });
  mount(app, routesOf(options, metrics, streams), {
    bearer: bearer({ store, clock, log, adminKey: options.adminKey }),
    limit: rateLimiter(options.limits, clock),
    idempotency: makeIdempotency({ store, clock, bootId: randomHex(options.random, 16), recover }),
    isDraining: options.draining,
    log,
  });
  app.notFound(() => {
    throw new CodedError("not_found", "there is nothing at this path");
  });
  app.onError((thrown, c) => {
    const refusal = refusalOf(thrown, c.get("requestId"));
    reportFailure(c, thrown, refusal.status, log);
    for (const [name, value] of Object.entries(refusal.headers)) c.header(name, value);
    closeUnlessRead(c);
    return send(c, refusal);
  });
  return {
    app,
    async listen(address) {
      const { port, close } = await listen((request) => app.fetch(request), address);
      const closeAll = (): Promise<void> => {
        streams.close();
        return close();
      };
      return { port, close: closeAll };
    },
  };
}

function routesOf(options: ApiOptions, metrics: NonNullable<ApiOptions["metrics"]>, streams: EventStreams): Route[] {
  const routes: Route[] = [
    ...callRoutes(options),
    ...callActionRoutes(verbs, options),
    ...statsRoutes(options),
    ...streamingRoutes(options),
    ...traceRoutes(options),
    ...voiceRoutes(options.voices ?? (() => [])),
    ...downloadRoutes(options),
    ...recordingRoutes(options),
    ...configurationRoutes(options),
    ...eventRoutes({ store: options.store, streams }),
    ...sandboxRoutes(options.sandbox),
    ...findingRoutes(options.store),
    ...(options.conferences === undefined ? [] : conferenceRoutes(options.conferences)),
    ...healthRoutes({
      isDraining: options.draining,
      isReady: options.ready,
      metrics,
    }),
  ];
  return [...routes, ...docsRoutes(() => JSON.stringify(openApiDocument(routes, options.version)))];
}

/** What tenants and the operator configure. */
function configurationRoutes(options: ApiOptions): Route[] {
  const { store, live = nothingLive, sharedRoutes = [], deliveriesDue = () => undefined } = options;
  const knowsRoute = async (tenantId: string, routeId: string): Promise<boolean> =>
    sharedRoutes.includes(routeId) || (await store.settings.routes.get(tenantId, routeId)) !== undefined;
  return [
    ...phoneNumberRoutes({ ...options, knowsRoute }),
    ...trunkRoutes({ ...options, live, knowsRoute }),
    ...sipUserRoutes({ ...options, live }),
    ...apiKeyRoutes(options),
    ...webhookRoutes({ ...options, deliveriesDue }),
    ...mediaRoutes(options),
    ...tenantRoutes(options),
  ];
}
