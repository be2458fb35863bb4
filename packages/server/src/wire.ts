/** The composition root: builds every part from one configuration, and takes it down in order. */
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type Api, makeApi, makeLinks, mediaLibrary, recordingFolder } from "@voepy/api";
import { CodedError, idMaker, type Log, type MakeId, messageOf } from "@voepy/base";
import { makeCallControl, type RunningCallControl, recoverAfterCrash } from "@voepy/call-control";
import { type MediaPool, makeMediaPool, repairRecording } from "@voepy/media-engine";
import { type Directory, makeDirectory } from "@voepy/policy";
import type { Sandbox } from "@voepy/sandbox";
import { makeSipEndpoint, type RunningSipEndpoint, type SipEvent } from "@voepy/sip-stack";
import type { Synthesizer } from "@voepy/speech";
import { openStore, type Store } from "@voepy/store";
import { makeWebhookSender, type WebhookSender } from "@voepy/webhooks";
import type { Config } from "./config-schema.ts";
import { declarationOf, type FirstStart, firstStart } from "./declare.ts";
import { type Housekeeping, startHousekeeping } from "./housekeeping.ts";
import { sipListeners } from "./listeners.ts";
import type { Outside } from "./outside.ts";
import { keepDirectory, mediaFilesOf, platformOf } from "./platform.ts";
import { addressTowards, openPublicAddresses, type PublicAddress } from "./public-address.ts";
import { sandboxCalls, sandboxRoute, startSandbox } from "./sandbox.ts";
import { sipHooks } from "./sip-hooks.ts";
import { startSpeech } from "./speech.ts";
import { startTracing, type Tracing } from "./tracing.ts";

const version: string = (createRequire(import.meta.url)("../package.json") as { version: string }).version;

/** Requests a second and at once for each API key; generous, since dialling has its own limits. */
const API_LIMITS = { requestsPerSec: 1000, burst: 2000 };
/** How long the last recordings may take to close when the server stops, ms. */
const LAST_RECORDINGS_MS = 2000;

export interface Server {
  readonly api: Api;
  readonly sipListeners: readonly { transport: string; host: string; port: number }[];
  /** Secrets to show, on the very first start without tenants in the configuration. */
  readonly first: FirstStart | undefined;
  /** One of the tenant's numbers, for the example on the screen. */
  readonly exampleFrom: string | undefined;
  /** No new calls; resolves when none is left or `withinMs` has passed. */
  drain(withinMs: number): Promise<void>;
  /** Ends what is left and closes everything; HTTP is the caller's. */
  close(): Promise<void>;
}

/** What most parts are made from. */
interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly outside: Outside;
  readonly makeId: MakeId;
  readonly store: Store;
  readonly links: ReturnType<typeof makeLinks>;
  readonly recordingsFolder: string;
  readonly nodeId: string;
  readonly media: MediaPool;
  readonly tracing: Tracing;
  readonly speech: Synthesizer;
  directory: Directory;
  readonly publicAddress: { readonly sip: PublicAddress; readonly media: PublicAddress };
  /** Of a gateway's host name, as far as they are known. */
  gatewayAddresses: (host: string) => readonly string[];
  /** The directory is another than before. */
  routesChanged: () => void;
  /** Its phones are not reached any more. */
  forgetUser: (username: string) => void;
  isDraining: boolean;
}

/** Rejects with the first thing that could not be had: a port, a folder, the database. */
export async function startServer(config: Config, log: Log, outside: Outside): Promise<Server> {
  const { parts, first } = await openParts(config, log, outside);
  const { store, makeId, links, recordingsFolder } = parts;
  const { clock, random } = outside;
  await recoverAfterCrash({ clock, makeId, log, store, links, recordingsFolder, repair: repairRecording });
  const sandbox = await startSandbox(outside, log);
  const shared = [sandboxRoute(sandbox.address)];
  await keepDirectory(store, shared, (directory, usersGone) => {
    parts.directory = directory;
    parts.routesChanged();
    usersGone.forEach(parts.forgetUser);
  });
  const { sip, control } = await startCalls(parts);
  const webhooks = startWebhooks(parts);
  const files = recordingFolder(recordingsFolder);
  const housekeeping = startHousekeeping({ store, files, clock, log, retentionDays: config.storage.retention_days });
  const api = makeApi({
    ...platformOf(config, outside, { sip, control, directory: () => parts.directory, media: parts.media, shared }),
    store,
    calls: control,
    conferences: control.conferences,
    traces: parts.tracing.traces,
    voices: () => parts.speech.voices(),
    sandbox: sandboxCalls(
      sandbox,
      () => parts.directory,
      () => udpTarget(sip),
    ),
    links,
    files,
    deliveriesDue: () => webhooks.wake(),
    clock,
    random,
    makeId,
    log,
    version,
    limits: API_LIMITS,
    draining: () => parts.isDraining,
    ready: () => !parts.isDraining,
    metrics: () => metricsOf(sip, parts, control),
  });
  return running({ parts, sip, sandbox, control, webhooks, housekeeping, api, first });
}

async function openParts(
  config: Config,
  log: Log,
  outside: Outside,
): Promise<{ parts: Parts; first: FirstStart | undefined }> {
  const { clock, random } = outside;
  const dataFolder = resolve(config.data_dir);
  const recordingsFolder = resolve(config.storage.recordings ?? join(dataFolder, "recordings"));
  // The data folder above it holds credentials: only its owner may look.
  await mkdir(recordingsFolder, { recursive: true, mode: 0o700 });
  const makeId = idMaker(clock, random);
  const store = await openStore({ path: outside.database(dataFolder), clock, makeId, log });
  const first = await declare(config, store, { now: clock.wallMs(), makeId });
  const links = makeLinks({
    publicUrl: config.api.public_url ?? `http://${config.api.host}:${config.api.port}`,
    secret: await store.value("link_secret", () => Buffer.from(random.fill(new Uint8Array(32))).toString("hex")),
    ttlSecs: config.storage.url_ttl_secs,
    clock,
  });
  const parts: Parts = {
    config,
    log,
    outside,
    makeId,
    store,
    links,
    recordingsFolder,
    nodeId: await store.value("node_id", () => makeId("node")),
    media: await startMedia(config, log, outside),
    tracing: startTracing(config, outside, log),
    speech: startSpeech(config, log, outside),
    directory: makeDirectory(await store.settings.load()),
    publicAddress: await openPublicAddresses(config, { clock, log, ask: outside.stun }),
    gatewayAddresses: () => [],
    routesChanged: () => undefined,
    forgetUser: () => undefined,
    isDraining: false,
  };
  return { parts, first };
}

/** SIP and call control need each other: what SIP tells before call control is there waits for it. */
async function startCalls(parts: Parts): Promise<{ sip: RunningSipEndpoint; control: RunningCallControl }> {
  const { config, log, store, makeId, media, links, recordingsFolder, nodeId, outside } = parts;
  const early: SipEvent[] = [];
  let deliver = (event: SipEvent): void => void early.push(event);
  const sip = await startSip(parts, (event) => deliver(event));
  const control = makeCallControl({
    clock: outside.clock,
    random: outside.random,
    makeId,
    log,
    store,
    sip,
    media,
    directory: () => parts.directory,
    mediaFile: mediaLibrary(store, mediaFilesOf(config)),
    http: outside.http,
    speech: parts.speech,
    links,
    traces: parts.tracing.traces,
    limits: {
      maxCalls: config.limits.max_calls,
      cps: config.limits.cps,
      maxCallMs: config.limits.max_call_secs * 1000,
      firstCommandMs: config.limits.first_command_secs * 1000,
    },
    nodeId,
    domain: config.sip.domain,
    recordingsFolder,
    allowPrivateUrls: config.network.allow_private_urls,
    mediaAddress: addressTowards(parts.publicAddress.media, (host) => sip.localAddress("udp", host).address),
    draining: () => parts.isDraining,
  });
  parts.gatewayAddresses = control.gatewayAddresses;
  parts.routesChanged = control.routesChanged;
  parts.forgetUser = sip.forgetBindings;
  deliver = (event) => control.onSipEvent(event);
  for (const event of early) control.onSipEvent(event);
  return { sip, control };
}

/** What the configuration names is upserted; an installation without any tenant gets its first one. */
async function declare(
  config: Config,
  store: Store,
  { now, makeId }: { now: number; makeId: MakeId },
): Promise<FirstStart | undefined> {
  if (config.tenants.length > 0) {
    await store.settings.declare(config.tenants.map((tenant) => declarationOf(tenant, now)));
    return undefined;
  }
  if ((await store.settings.load()).tenants.length > 0) return undefined;
  const first = firstStart(now, makeId);
  await store.settings.declare([first.declaration]);
  return first;
}

function startMedia(config: Config, log: Log, outside: Outside): Promise<MediaPool> {
  return makeMediaPool({
    ...outside.media,
    address: config.media.address,
    ports: config.media.ports,
    clock: outside.clock,
    random: outside.random,
    log,
    mediaSilenceMs: config.limits.media_timeout_secs === 0 ? undefined : config.limits.media_timeout_secs * 1000,
  });
}

function startSip(parts: Parts, onEvent: (event: SipEvent) => void): Promise<RunningSipEndpoint> {
  const { config, log, outside } = parts;
  const { trusted_ca } = config.sip;
  return makeSipEndpoint({
    listeners: sipListeners(config, () => parts.publicAddress.sip.current()),
    trustedCaFile: trusted_ca === undefined ? undefined : resolve(trusted_ca),
    transports: outside.sipTransports,
    dns: outside.dns,
    domain: config.sip.domain,
    userAgentName: `voepy/${version}`,
    digestAlgorithms: config.sip.digest_algorithms,
    clock: outside.clock,
    random: outside.random,
    log,
    hooks: sipHooks(config, {
      directory: () => parts.directory,
      addressesOf: (host) => parts.gatewayAddresses(host),
      publicAddress: () => parts.publicAddress.sip.current(),
    }),
    onEvent,
    trace: parts.tracing.message,
  });
}

function startWebhooks({ log, store, outside }: Parts): WebhookSender {
  const { http, operatorHttp, clock, random } = outside;
  const sender = makeWebhookSender({ store, http, operatorHttp, clock, random, log, version });
  sender.start();
  return sender;
}

/** Where our own far end sends its calls. */
function udpTarget(sip: RunningSipEndpoint): { host: string; port: number } {
  const udp = sip.listeners().find((listener) => listener.transport === "udp");
  if (udp === undefined)
    throw new CodedError("engine_not_configured", "sandbox calls need a udp listener in sip.listeners");
  return { host: udp.host === "0.0.0.0" || udp.host === "::" ? "127.0.0.1" : udp.host, port: udp.port };
}

async function metricsOf(
  sip: RunningSipEndpoint,
  { media, tracing, speech }: Parts,
  control: RunningCallControl,
): Promise<Record<string, number>> {
  const prefixed = (prefix: string, counters: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(counters).map(([name, value]) => [`${prefix}_${name}`, value]);
  return {
    calls_live: control.liveCalls(),
    ...tracing.counters(),
    ...Object.fromEntries([
      ...prefixed("sip", sip.counters()),
      ...prefixed("media", await media.counters()),
      ...prefixed("speech", speech.counters()),
    ]),
  };
}

interface Built {
  readonly parts: Parts;
  readonly sip: RunningSipEndpoint;
  readonly sandbox: Sandbox;
  readonly control: RunningCallControl;
  readonly webhooks: WebhookSender;
  readonly housekeeping: Housekeeping;
  readonly api: Api;
  readonly first: FirstStart | undefined;
}

function running(built: Built): Server {
  const { parts, sip, sandbox, control, webhooks, housekeeping, api, first } = built;
  const { config, log, store, media, tracing, speech, outside } = parts;
  const { clock } = outside;
  return {
    api,
    sipListeners: sip.listeners(),
    first,
    exampleFrom: config.tenants[0]?.numbers[0]?.number ?? first?.declaration.numbers[0]?.number,
    async drain(withinMs) {
      parts.isDraining = true;
      // Carriers send their calls elsewhere at once, rather than hear 503.
      const left = control.leaveRoutes();
      const deadlineMs = clock.nowMs() + withinMs;
      while (control.liveCalls() > 0 && clock.nowMs() < deadlineMs) {
        await new Promise<void>((done) => clock.schedule(clock.nowMs() + 100, done));
      }
      await left;
    },
    async close() {
      parts.isDraining = true;
      parts.publicAddress.sip.close();
      parts.publicAddress.media.close();
      await control.endAll(LAST_RECORDINGS_MS);
      const closing: readonly [string, () => Promise<void>][] = [
        ["sandbox", () => sandbox.close()],
        ["routes", () => control.leaveRoutes()],
        ["sip", () => sip.close()],
        ["tracing", () => tracing.close()],
        ["speech", () => speech.close()],
        ["media", () => media.close()],
        ["housekeeping", () => housekeeping.close()],
        ["webhooks", () => webhooks.close()],
        ["store", () => store.close()],
      ];
      for (const [part, end] of closing) {
        // One part that does not close must not keep the next from writing its state.
        await end().catch((thrown: unknown) => log.error("did not close", { part, why: messageOf(thrown) }));
      }
    },
  };
}
