/** Everything of the machine a server touches, in one place: the real one here, a virtual one in the scenarios. */
import { type Clock, type HttpClient, makeHttpClient, type Random, systemClock, systemRandom } from "@voepy/base";
import type { MediaPoolOptions } from "@voepy/media-engine";
import type { SandboxOptions } from "@voepy/sandbox";
import type { OpenTransport, SipEndpointOptions } from "@voepy/sip-stack";
import type { SpeechEngine } from "@voepy/speech";
import type { Config } from "./config-schema.ts";
import { type AskStun, stunClient } from "./io/stun.ts";

export interface Outside {
  readonly clock: Clock;
  readonly random: Random;
  /** Database file, or `:memory:`. */
  readonly database: (dataFolder: string) => string;
  /** For URLs that came through the API. */
  readonly http: HttpClient;
  /** For URLs the operator wrote into the configuration: they may be private. */
  readonly operatorHttp: HttpClient;
  /** undefined: real sockets. */
  readonly sipTransports: OpenTransport | undefined;
  /** undefined: the machine's own name servers. */
  readonly dns: SipEndpointOptions["dns"];
  readonly stun: AskStun;
  /** undefined: those of the configuration. */
  readonly speechEngines: readonly SpeechEngine[] | undefined;
  readonly media: Pick<MediaPoolOptions, "io" | "workers" | "connectFork">;
  readonly sandbox: {
    readonly media: Pick<MediaPoolOptions, "io" | "workers">;
    readonly host: string;
    readonly sip: Pick<SandboxOptions, "transports" | "bindUdp">;
  };
}

export function realOutside(config: Config): Outside {
  return {
    clock: systemClock,
    random: systemRandom,
    database: (dataFolder) => `${dataFolder}/voepy.db`,
    http: makeHttpClient({ allowPrivate: config.network.allow_private_urls }),
    operatorHttp: makeHttpClient({ allowPrivate: true }),
    sipTransports: undefined,
    dns: undefined,
    stun: stunClient(systemClock, systemRandom),
    speechEngines: undefined,
    media: { io: config.media.io, workers: config.media.workers },
    // In this thread: a far end for trying things out must not cost a media worker.
    sandbox: { media: { io: "dgram", workers: 0 }, host: "127.0.0.1", sip: {} },
  };
}
