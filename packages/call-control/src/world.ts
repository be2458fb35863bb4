/** What call control is built of: handed in once, so that a scenario can run it on a virtual clock and network. */
import type { Clock, HttpClient, Log, MakeId, Random } from "@voepy/base";
import type { MediaPool } from "@voepy/media-engine";
import type { Directory } from "@voepy/policy";
import type { SipEndpoint } from "@voepy/sip-stack";
import type { Synthesizer } from "@voepy/speech";
import type { Store } from "@voepy/store";
import type { Figures } from "./call/figures.ts";
import type { Registry } from "./call/registry.ts";
import type { RecordingFolder } from "./io/recording-folder.ts";
import type { PromptLibrary } from "./prompts.ts";
import type { RouteDesk } from "./routes/route-desk.ts";
import type { RecordingLinks } from "./serialize/links.ts";
import type { Streams } from "./stream/streams.ts";
import type { Traces } from "./trace/traces.ts";

export interface CallLimits {
  readonly maxCalls: number;
  /** Calls of all tenants begun within a second, both directions. */
  readonly cps: number;
  /** Longest answered call, ms. */
  readonly maxCallMs: number;
  /** An inbound call nobody commands, ms. */
  readonly firstCommandMs: number;
}

export interface CallControlOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly makeId: MakeId;
  readonly log: Log;
  readonly store: Store;
  readonly sip: SipEndpoint;
  readonly media: MediaPool;
  /** Read at each use: it is replaced when settings change. */
  readonly directory: () => Directory;
  /** Fetches prompts; judges every address. */
  readonly http: HttpClient;
  readonly speech: Synthesizer;
  /** What a tenant uploaded under a name; undefined when it has none such. */
  readonly mediaFile: (tenantId: string, name: string) => Promise<Uint8Array | undefined>;
  readonly links: RecordingLinks;
  /** Told which Call-IDs are of which call; whoever makes the SIP endpoint feeds it the messages. */
  readonly traces: Traces;
  readonly limits: CallLimits;
  readonly nodeId: string;
  /** AOR domain and realm of softphones. */
  readonly domain: string;
  /** Absolute. */
  readonly recordingsFolder: string;
  /** `network.allow_private_urls`. */
  readonly allowPrivateUrls: boolean;
  /** Address that SDP tells a peer at `host` (IP or name). */
  readonly mediaAddress: (host: string) => string;
  readonly draining: () => boolean;
}

export interface World extends CallControlOptions {
  readonly registry: Registry;
  readonly prompts: PromptLibrary;
  readonly recordings: RecordingFolder;
  readonly routes: RouteDesk;
  readonly streams: Streams;
  readonly figures: Figures;
}
