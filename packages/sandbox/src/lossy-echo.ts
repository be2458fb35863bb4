/**
 * An echo behind a bad path: every packet crosses it twice, each time it may be lost, delayed or held back so that
 * later ones overtake it. It knows no codecs and cannot speak.
 */
import { type Random, randomUint32, type Timer } from "@voepy/base";
import type { PortParams } from "@voepy/media-engine";
import type { AudioPort } from "./audio-port.ts";
import type { Impairment } from "./behaviours.ts";
import type { UdpAddress, UdpSocket } from "./io/udp.ts";
import type { World } from "./world.ts";

/** A packet held back comes this much later: two packet times. */
const HELD_BACK_MS = 40;

/** Packets on their way; more are dropped, as a full queue would. */
const MOST_UNDERWAY = 500;

export class LossyEcho implements AudioPort {
  readonly id = "";
  readonly #world: World;
  readonly #impairment: Impairment;
  readonly #underway = new Set<Timer>();
  #socket: UdpSocket | undefined;
  /** Named by SDP: nobody else is answered. */
  #remote: UdpAddress | undefined;
  #isEcho = false;
  #lastMs = 0;

  private constructor(world: World, impairment: Impairment) {
    this.#world = world;
    this.#impairment = impairment;
  }

  static async open(world: World, address: string, impairment: Impairment): Promise<LossyEcho> {
    const echo = new LossyEcho(world, impairment);
    echo.#socket = await world.bindUdp({ address, onPacket: (bytes, from) => echo.#receive(bytes, from) });
    return echo;
  }

  get udpPort(): number {
    return this.#socket?.port ?? 0;
  }

  setParams(params: PortParams): void {
    this.#remote = { address: params.remote.address, port: params.remote.udpPort };
  }

  setEcho(on: boolean): void {
    this.#isEcho = on;
  }

  playPrompt(): void {
    this.#world.log.warn("the lossy echo of the sandbox cannot speak");
  }

  playTone(): void {
    this.#world.log.warn("the lossy echo of the sandbox has no tones");
  }

  press(): void {
    this.#world.log.warn("the lossy echo of the sandbox has no keys");
  }

  close(): void {
    for (const timer of this.#underway) timer.cancel();
    this.#underway.clear();
    this.#socket?.close();
  }

  #receive(bytes: Uint8Array, from: UdpAddress): void {
    const isPeer = from.address === this.#remote?.address && from.port === this.#remote.port;
    if (!isPeer || !this.#isEcho || this.#underway.size >= MOST_UNDERWAY) return;
    const { clock, random } = this.#world;
    const delays = [crossing(this.#impairment, random), crossing(this.#impairment, random)];
    if (delays.some((delay) => delay === undefined)) return;
    const isHeldBack = delays.some((delay) => delay?.isHeldBack);
    const arrivesMs = clock.nowMs() + delays.reduce((sum, delay) => sum + (delay?.delayMs ?? 0), 0);
    // Jitter alone keeps the order, as a queue does; only what is held back is overtaken.
    const dueMs = isHeldBack ? arrivesMs : Math.max(this.#lastMs, arrivesMs);
    if (!isHeldBack) this.#lastMs = dueMs;
    const timer = clock.schedule(dueMs, () => {
      this.#underway.delete(timer);
      this.#socket?.send(bytes, from);
    });
    this.#underway.add(timer);
  }
}

/** One way. undefined: lost. */
function crossing(
  { lossPct, reorderPct, jitterMs }: Impairment,
  random: Random,
): { delayMs: number; isHeldBack: boolean } | undefined {
  if (unit(random) * 100 < lossPct) return undefined;
  const isHeldBack = unit(random) * 100 < reorderPct;
  return { delayMs: unit(random) * jitterMs + (isHeldBack ? HELD_BACK_MS : 0), isHeldBack };
}

function unit(random: Random): number {
  return randomUint32(random) / 2 ** 32;
}
