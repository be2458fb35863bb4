/** What every far end of the carrier works with. */
import type { Clock, Log, Random } from "@voepy/base";
import type { MediaPool } from "@voepy/media-engine";
import type { SipEndpoint } from "@voepy/sip-stack";
import type { Sound } from "./behaviours.ts";
import type { BindUdp } from "./io/udp.ts";

export interface World {
  readonly sip: SipEndpoint;
  readonly media: MediaPool;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly bindUdp: BindUdp;
  /** Key of the prepared prompt of a sound. */
  promptOf(sound: Sound): Promise<string>;
}
