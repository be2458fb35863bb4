/** A whole API over a store in memory: only time and call control are stand-ins. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  CodedError,
  type HttpClient,
  idMaker,
  type Log,
  type LogFields,
  seededRandom,
  silentLog,
} from "@voepy/base";
import { type CallControl, type DialBody, Traces } from "@voepy/call-control";
import { type CallRecord, openStore, type RecordingRecord, type Store } from "@voepy/store";
import { type Api, type ApiOptions, makeApi, makeLinks, mediaFolder, recordingFolder } from "../src/index.ts";
import { makeTestClock, START_MS, type TestClock } from "./clock.ts";

const DAY_MS = 86_400_000;

/** Dials by writing the row it would write; each act is written down. */
export interface FakeCalls extends CallControl {
  readonly acts: { verb: string; callId: string; body: unknown }[];
  readonly dialled: DialBody[];
  /** Thrown by the next dial or act. */
  refuse: Error | undefined;
  /** Awaited by each dial and act before it does anything. */
  gate: Promise<void>;
}

export interface World {
  readonly api: Api;
  readonly store: Store;
  readonly clock: TestClock;
  readonly calls: FakeCalls;
  readonly links: ApiOptions["links"];
  readonly recordingsFolder: string;
  readonly logged: { fact: string; fields: LogFields }[];
  isDraining: boolean;
  isReady: boolean;
  /** With the key of tenant `default` and all scopes unless the headers say otherwise; objects are sent as JSON. */
  ask(path: string, init?: { method?: string; body?: unknown; headers?: Record<string, string> }): Promise<Response>;
  /** The same store under a new process. */
  restarted(): World;
  close(): Promise<void>;
}

export const KEYS = {
  all: "voepy_key_all",
  reader: "voepy_key_reader",
  other: "voepy_key_other_tenant",
  expired: "voepy_key_expired",
  admin: "voepy_admin_key",
} as const;

export async function makeWorld(options: Partial<ApiOptions> = {}): Promise<World> {
  const clock = makeTestClock();
  const makeId = idMaker(clock, seededRandom(1));
  const store = await openStore({ path: ":memory:", clock, makeId, log: silentLog });
  await declareTenants(store);
  const folder = mkdtempSync(join(tmpdir(), "voepy-api-"));
  return build({ store, clock, folder, boot: 1, options });
}

interface Parts {
  readonly store: Store;
  readonly clock: TestClock;
  readonly folder: string;
  readonly boot: number;
  readonly options: Partial<ApiOptions>;
}

function build(parts: Parts): World {
  const { store, clock, folder, boot, options } = parts;
  const random = seededRandom(100 + boot);
  const calls = fakeCalls(store, clock);
  const logged: World["logged"] = [];
  const links = makeLinks({ publicUrl: "http://voepy.test", secret: "signing secret", ttlSecs: 3600, clock });
  const world: World = {
    api: makeApi({
      store,
      calls,
      traces: new Traces(),
      links,
      files: recordingFolder(folder),
      mediaFiles: mediaFolder(join(folder, "media")),
      measureAudio: async (_sha256, bytes) => bytes.length,
      http: noWeb,
      adminKey: KEYS.admin,
      clock,
      random,
      makeId: idMaker(clock, random),
      log: collectingLog(logged),
      version: "0.1.0",
      limits: { requestsPerSec: 100, burst: 1000 },
      draining: () => world.isDraining,
      ready: () => world.isReady,
      ...options,
    }),
    store,
    clock,
    calls,
    links,
    recordingsFolder: folder,
    logged,
    isDraining: false,
    isReady: true,
    async ask(path, { method = "GET", body, headers = {} } = {}) {
      const isRaw = typeof body === "string" || body instanceof Uint8Array || body instanceof FormData;
      return world.api.app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${KEYS.all}`,
          ...(body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
      });
    },
    restarted: () => build({ ...parts, boot: boot + 1 }),
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

const noWeb: HttpClient = {
  fetch: async ({ url }) => {
    throw new CodedError("media_unreachable", `${url} is not there`);
  },
  close: async () => undefined,
};

function collectingLog(into: World["logged"]): Log {
  const line = (fact: string, fields: LogFields = {}): void => void into.push({ fact, fields });
  const log: Log = { debug: line, info: line, warn: line, error: line, with: () => log };
  return log;
}

async function declareTenants(store: Store): Promise<void> {
  const tenant = (id: string) => ({
    id,
    allowCallerIdForwarding: false,
    maxConcurrentCalls: 10,
    maxCps: 10,
    defaultRoute: null,
  });
  const key = (tenantId: string, secret: string, scopes: string[], expiresAt: number | null = null) => ({
    id: `voepy_key_${tenantId}_${scopes.join("_")}_${expiresAt}`,
    tenantId,
    name: secret,
    hash: createHash("sha256").update(secret).digest("hex"),
    scopes,
    createdAt: START_MS,
    expiresAt,
  });
  const none = { numbers: [], routes: [], sipUsers: [], webhooks: [] };
  await store.settings.declare([
    {
      tenant: tenant("default"),
      apiKeys: [
        key("default", KEYS.all, ["*"]),
        key("default", KEYS.reader, ["calls:read"]),
        key("default", KEYS.expired, ["*"], START_MS - DAY_MS),
      ],
      ...none,
    },
    { tenant: tenant("other"), apiKeys: [key("other", KEYS.other, ["*"])], ...none },
  ]);
}

export function aCall(id: string, more: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    tenantId: "default",
    nodeId: "voepy_node_1",
    direction: "outbound",
    status: "initiated",
    from: "+15125550100",
    to: "+15558675309",
    routeId: null,
    initiatedAt: START_MS,
    answeredAt: null,
    endedAt: null,
    endReason: null,
    endInitiator: null,
    sipCode: null,
    sipReason: null,
    q850Cause: null,
    customerReference: null,
    clientState: null,
    webhookUrl: null,
    bridgeId: null,
    costCents: null,
    ratingStatus: "pending",
    sequence: 0,
    ...more,
  };
}

export function aRecording(id: string, more: Partial<RecordingRecord> = {}): RecordingRecord {
  return {
    id,
    tenantId: "default",
    callId: "voepy_call_A",
    legId: "voepy_leg_A",
    channels: "dual",
    format: "wav",
    status: "available",
    path: `${id}.wav`,
    durationMs: 42_000,
    sizeBytes: 671_088,
    error: null,
    createdAt: START_MS,
    ...more,
  };
}

function fakeCalls(store: Store, clock: Clock): FakeCalls {
  const makeId = idMaker(clock, seededRandom(7));
  const detailOf = async (tenantId: string, id: string) => {
    const detail = await store.calls.get(tenantId, id);
    if (detail === undefined) throw new CodedError("not_found", "there is no such call");
    return detail;
  };
  const fake: FakeCalls = {
    acts: [],
    dialled: [],
    refuse: undefined,
    streamings: () => [],
    stats: async () => undefined,
    gate: Promise.resolve(),
    async dial(tenantId, body, idempotency) {
      await fake.gate;
      throwRefusal(fake);
      fake.dialled.push(body);
      const call = aCall(makeId("call"), { tenantId, from: body.from, to: body.to, initiatedAt: clock.wallMs() });
      const bound = idempotency && { idempotency: { tenantId, ...idempotency, resourceId: call.id } };
      await store.commit({ calls: [call], ...bound });
      return detailOf(tenantId, call.id);
    },
    async act(tenantId, callId, verb, body) {
      await fake.gate;
      throwRefusal(fake);
      const detail = await detailOf(tenantId, callId);
      fake.acts.push({ verb, callId, body });
      return detail;
    },
    liveCalls: () => 0,
  };
  return fake;
}

function throwRefusal(fake: FakeCalls): void {
  const { refuse } = fake;
  fake.refuse = undefined;
  if (refuse !== undefined) throw refuse;
}
