/** The carrier on one emulated host, a phone on another, in virtual time. */
import { readFileSync } from "node:fs";
import { type Random, seededRandom, silentLog } from "@voepy/base";
import { makeMediaPool } from "@voepy/media-engine";
import { makeSandbox, type Sandbox } from "@voepy/sandbox";
import {
  EmulatedNetwork,
  EmulatedRtpIo,
  type PathProfile,
  Phone,
  type PhoneCall,
  type PhoneOptions,
  readWav,
  sipOverUdp,
  VirtualClock,
} from "@voepy/testkit";

const AUDIO = new URL("../../../fixtures/audio/", import.meta.url);
const CARRIER = "10.0.0.9";
const PHONE = "10.0.0.1";

export interface SandboxWorld {
  readonly clock: VirtualClock;
  readonly network: EmulatedNetwork;
  readonly random: Random;
  readonly sandbox: Sandbox;
  readonly phone: Phone;
  /** Dials and gives the far end time to answer. */
  dial(number: string): Promise<PhoneCall>;
  close(): Promise<void>;
}

/** At once: reading on the side would take real time while virtual time runs on. */
export async function soundOf(name: string): Promise<Uint8Array> {
  return readFileSync(new URL(`${name}.wav`, AUDIO));
}

/** The recorded speech as samples at 8 kHz. */
export async function speechOf(name: string): Promise<Int16Array> {
  return readWav(await soundOf(name)).channels[0]!;
}

export async function makeWorld(
  phoneOptions: Partial<PhoneOptions> = {},
  profile: PathProfile = { delayMs: 5 },
): Promise<SandboxWorld> {
  const clock = new VirtualClock();
  const random = seededRandom(20);
  const network = new EmulatedNetwork({ clock, random, profile });
  const host = network.host(CARRIER);
  const media = await makeMediaPool({
    address: CARRIER,
    ports: { first: 20_000, last: 20_100 },
    workers: 0,
    io: () => new EmulatedRtpIo(host),
    clock,
    random,
    log: silentLog,
  });
  const sandbox = await makeSandbox({
    host: CARRIER,
    media,
    clock,
    random,
    log: silentLog,
    audio: soundOf,
    transports: sipOverUdp(host),
    bindUdp: (binding) => host.bind(binding),
  });
  const server = { address: CARRIER, port: sandbox.address.port };
  const phone = await Phone.open({
    network: network.host(PHONE),
    address: PHONE,
    clock,
    random,
    username: "tester",
    server,
    ...phoneOptions,
  });
  return {
    clock,
    network,
    random,
    sandbox,
    phone,
    dial: (number) => phone.dial(number),
    close: async () => {
      await phone.close();
      await clock.resolve(sandbox.close());
    },
  };
}
