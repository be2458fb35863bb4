/** What peers outside are told to reach us at: an address of the configuration, one that STUN finds, or nothing of the kind. */
import { isIP } from "node:net";
import { type Clock, type Log, messageOf, type Timer } from "@voepy/base";
import { isInside } from "@voepy/sip-stack";
import type { AskStun, StunServer } from "./io/stun.ts";

export interface PublicAddress {
  /** undefined: the address of the interface that faces the peer. */
  current(): string | undefined;
  close(): void;
}

export interface PublicAddressOptions {
  /** Key in the configuration, for the log. */
  readonly key: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly ask: AskStun;
}

/** NATs keep a mapping, and providers an address, for longer than this. */
const REFRESH_MS = 3 * 60_000;
const RETRY_MS = 30_000;
/** The start waits for the first answer at most so long. */
const FIRST_ANSWER_MS = 4_000;
const STUN_PORT = 3478;

/** `stun:HOST` or `stun:HOST:PORT`; undefined for any other setting. */
export function stunServerOf(setting: string): StunServer | undefined {
  const match = /^stun:(?<host>[A-Za-z0-9.-]+)(?::(?<port>[0-9]{1,5}))?$/.exec(setting);
  const host = match?.groups?.["host"];
  const port = Number(match?.groups?.["port"] ?? STUN_PORT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** `auto`, an address, `stun:HOST:PORT`. */
export function isPublicAddress(setting: string): boolean {
  return setting === "auto" || isIP(setting) !== 0 || stunServerOf(setting) !== undefined;
}

/** Resolves when the address is known, or will not be known soon. */
export async function openPublicAddress(setting: string, options: PublicAddressOptions): Promise<PublicAddress> {
  const server = stunServerOf(setting);
  if (server === undefined) {
    const fixed = isIP(setting) === 0 ? undefined : setting;
    return { current: () => fixed, close: () => undefined };
  }
  const found = new FoundByStun(server, options);
  await found.first();
  return found;
}

/** Of SIP and of media; asked once where both are the same. */
export async function openPublicAddresses(
  { sip, media }: { sip: { public_address: string }; media: { public_address: string } },
  parts: Omit<PublicAddressOptions, "key">,
): Promise<{ sip: PublicAddress; media: PublicAddress }> {
  const ofSip = openPublicAddress(sip.public_address, { ...parts, key: "sip.public_address" });
  const isSame = media.public_address === sip.public_address;
  const ofMedia = isSame ? ofSip : openPublicAddress(media.public_address, { ...parts, key: "media.public_address" });
  return { sip: await ofSip, media: await ofMedia };
}

/** The address SDP tells the peer at `host`; `facing` gives the one that SIP would. */
export function addressTowards(outside: PublicAddress, facing: (host: string) => string): (host: string) => string {
  return (host) => {
    const known = outside.current();
    if (known === undefined || isInside(host, known)) return facing(host);
    return isIP(host) !== 0 && isIP(host) !== isIP(known) ? facing(host) : known;
  };
}

class FoundByStun implements PublicAddress {
  readonly #server: StunServer;
  readonly #options: PublicAddressOptions;
  #address: string | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(server: StunServer, options: PublicAddressOptions) {
    this.#server = server;
    this.#options = options;
  }

  current(): string | undefined {
    return this.#address;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async first(): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const patience = clock.schedule(clock.nowMs() + FIRST_ANSWER_MS, resolve);
      void this.#ask().then(() => {
        patience.cancel();
        resolve();
      });
    });
  }

  async #ask(): Promise<void> {
    const { ask, log, key, clock } = this.#options;
    let waitMs = REFRESH_MS;
    try {
      const address = await ask(this.#server);
      if (address !== this.#address) log.info("public address", { key, address, before: this.#address ?? null });
      this.#address = address;
    } catch (thrown) {
      // What was true a moment ago is a better guess than the interface's address.
      const told = this.#address ?? "the address of the interface";
      log.warn("public address could not be found", { key, why: messageOf(thrown), peers_are_told: told });
      waitMs = RETRY_MS;
    }
    if (!this.#isClosed) this.#timer = clock.schedule(clock.nowMs() + waitMs, () => void this.#ask());
  }
}
