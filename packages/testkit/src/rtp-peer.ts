/**
 * One RTP far end: speaks a tone, given sound or given payloads paced by the clock, presses keys, echoes if told
 * to, and keeps all it hears. It obeys nothing but what it is told, so that it can also misbehave.
 */
import { type Clock, type Random, randomUint32, type Timer } from "@voepy/base";
import { encodeG711, type G711 } from "./g711.ts";
import { type Continuity, continuityOf, digitsOf, type HeardPacket, pcmOf } from "./rtp-ear.ts";
import { makeRtp, makeTelephoneEvent, readRtp } from "./rtp-packet.ts";
import { amplitudeOfDbm0, heardHz } from "./tone-id.ts";
import type { UdpAddress, UdpNetwork, UdpSocket } from "./udp.ts";

export interface RtpPeerOptions {
  readonly network: UdpNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly address?: string | undefined;
  /** 0: any. */
  readonly port?: number | undefined;
  /** Default PCMU. */
  readonly codec?: G711 | undefined;
  /** Default 20. */
  readonly ptimeMs?: number | undefined;
  /** Default 101. */
  readonly eventPayloadType?: number | undefined;
}

/** What comes next of a peer's voice: a payload for one packet, or undefined when it has no more to say. */
type Voice = (samples: number) => Uint8Array | undefined;

interface Press {
  readonly digit: string;
  readonly startTimestamp: number;
  sentTicks: number;
  endsSent: number;
}

const RATE_HZ = 8000;
const STATIC_TYPE: Readonly<Record<G711, number>> = { PCMU: 0, PCMA: 8 };
const LAW_OF_TYPE: Readonly<Record<number, G711>> = { 0: "PCMU", 8: "PCMA" };
const SILENCE_CODE: Readonly<Record<G711, number>> = { PCMU: 0xff, PCMA: 0xd5 };
const DIGIT_MS = 100;
const GAP_MS = 60;
/** The last packet of an event is sent three times in all (RFC 4733 §2.5.1.4). */
const END_PACKETS = 3;

export class RtpPeer {
  /** Everything RTP that arrived, in order of arrival. */
  readonly packets: HeardPacket[] = [];
  /** Datagrams that were not RTP. */
  notRtp = 0;
  /** Sends every RTP packet back to where it came from, as it is. */
  isEcho = false;
  /** undefined: nothing is sent. */
  remote: UdpAddress | undefined;
  codec: G711;
  eventPayloadType: number;
  ssrc: number;
  readonly ptimeMs: number;
  readonly #clock: Clock;
  #socket: UdpSocket | undefined;
  #sequence: number;
  #timestamp: number;
  #isFirst = true;
  #voice: Voice | undefined;
  #keys: string[] = [];
  #press: Press | undefined;
  #pauseTicks = 0;
  #dueMs = 0;
  #timer: Timer | undefined;
  readonly #onIdle: (() => void)[] = [];

  private constructor(options: RtpPeerOptions) {
    this.#clock = options.clock;
    this.codec = options.codec ?? "PCMU";
    this.ptimeMs = options.ptimeMs ?? 20;
    this.eventPayloadType = options.eventPayloadType ?? 101;
    this.ssrc = randomUint32(options.random);
    this.#sequence = randomUint32(options.random) & 0xffff;
    this.#timestamp = randomUint32(options.random);
  }

  static async open(options: RtpPeerOptions): Promise<RtpPeer> {
    const peer = new RtpPeer(options);
    peer.#socket = await options.network.bind({
      address: options.address,
      port: options.port,
      onPacket: (bytes, from) => peer.#receive(bytes, from),
    });
    return peer;
  }

  get local(): UdpAddress {
    const socket = this.#socket!;
    return { address: socket.address, port: socket.port };
  }

  /** Speaks a sine without end, phase unbroken. Replaces what it said before. */
  sayTone(hz: number, levelDbm0 = -10): void {
    const amplitude = amplitudeOfDbm0(levelDbm0);
    let at = 0;
    this.#say((samples) => {
      const pcm = new Int16Array(samples);
      for (let i = 0; i < samples; i++) pcm[i] = Math.round(amplitude * Math.sin((2 * Math.PI * hz * at++) / RATE_HZ));
      return encodeG711(this.codec, pcm);
    });
  }

  saySilence(): void {
    this.#say((samples) => new Uint8Array(samples).fill(SILENCE_CODE[this.codec]));
  }

  /** Speaks 8 kHz sound once, then stops sending. */
  sayPcm(pcm: Int16Array): void {
    let at = 0;
    this.#say((samples) => {
      if (at >= pcm.length) return undefined;
      const frame = new Int16Array(samples);
      frame.set(pcm.subarray(at, at + samples));
      at += samples;
      return encodeG711(this.codec, frame);
    });
  }

  /** Sends exactly these payloads, one a packet, then stops: for bit-exact comparison. */
  sayPayloads(payloads: readonly Uint8Array[]): void {
    let at = 0;
    this.#say(() => payloads[at++]);
  }

  /** Stops sending, mid-word. */
  hush(): void {
    this.#voice = undefined;
  }

  /** Presses keys one after the other: 100 ms each, 60 ms between; audio pauses meanwhile (RFC 4733 §2.5). */
  press(digits: string): void {
    this.#keys.push(...digits);
    this.#start();
  }

  /** Resolves once there is nothing left to say or press. */
  async idle(): Promise<void> {
    if (this.#timer === undefined) return;
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Sends a raw datagram from the peer's port. */
  sendRaw(bytes: Uint8Array, to: UdpAddress | undefined = this.remote): void {
    if (to !== undefined) this.#socket?.send(bytes, to);
  }

  /** A new stream: other SSRC, sequence and timestamp, as a peer that was restarted. */
  restartStream(random: Random): void {
    this.ssrc = randomUint32(random);
    this.#sequence = randomUint32(random) & 0xffff;
    this.#timestamp = randomUint32(random);
    this.#isFirst = true;
  }

  /** All sound heard from `sinceMs` on (clock time of arrival), laid out by RTP timestamps. */
  pcm(sinceMs = 0): Int16Array {
    return pcmOf(this.#since(sinceMs), LAW_OF_TYPE);
  }

  /** Pitches heard within the last `windowMs` of arrivals, lowest first, to the next 5 Hz. */
  heardHz(windowMs = 400): number[] {
    return heardHz(this.pcm(this.#clock.nowMs() - windowMs));
  }

  /** Keys the other end pressed. */
  digits(): string {
    return digitsOf(this.packets, this.eventPayloadType);
  }

  continuity(sinceMs = 0): Continuity {
    return continuityOf(this.#since(sinceMs), [0, 8]);
  }

  forget(): void {
    this.packets.length = 0;
  }

  close(): void {
    this.#timer?.cancel();
    this.#rest();
    this.#socket?.close();
  }

  #since(sinceMs: number): HeardPacket[] {
    return this.packets.filter((packet) => packet.arrivalMs >= sinceMs);
  }

  #receive(bytes: Uint8Array, from: UdpAddress): void {
    const packet = readRtp(bytes);
    if (packet === undefined) {
      this.notRtp++;
      return;
    }
    this.packets.push({ ...packet, arrivalMs: this.#clock.nowMs(), from: { address: from.address, port: from.port } });
    if (this.isEcho) this.sendRaw(bytes, from);
  }

  #say(voice: Voice): void {
    this.#voice = voice;
    this.#start();
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#dueMs = this.#clock.nowMs();
    this.#timer = this.#clock.schedule(this.#dueMs, () => this.#tick());
  }

  /** One packet time. The schedule is absolute: a late wake-up does not push the next one back. */
  #tick(): void {
    const samples = (this.ptimeMs * RATE_HZ) / 1000;
    const hasMore = this.#sendKey(samples) || this.#sendVoice(samples);
    this.#timestamp = (this.#timestamp + samples) >>> 0;
    if (!hasMore) {
      this.#rest();
      return;
    }
    this.#dueMs += this.ptimeMs;
    this.#timer = this.#clock.schedule(this.#dueMs, () => this.#tick());
  }

  #rest(): void {
    this.#timer = undefined;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  #sendVoice(samples: number): boolean {
    const payload = this.#voice?.(samples);
    if (payload === undefined) {
      this.#voice = undefined;
      return false;
    }
    this.#send(STATIC_TYPE[this.codec], payload, this.#timestamp);
    return true;
  }

  /** True while a key is down or the pause after it lasts. */
  #sendKey(samples: number): boolean {
    if (this.#pauseTicks > 0) {
      this.#pauseTicks--;
      this.#sendVoice(samples);
      return true;
    }
    if (this.#press === undefined) {
      const digit = this.#keys.shift();
      if (digit === undefined) return false;
      this.#press = { digit, startTimestamp: this.#timestamp, sentTicks: 0, endsSent: 0 };
      this.#isFirst = true;
    }
    const press = this.#press;
    if (press.sentTicks * this.ptimeMs < DIGIT_MS) press.sentTicks++;
    const isEnd = press.sentTicks * this.ptimeMs >= DIGIT_MS;
    const duration = press.sentTicks * samples;
    this.#send(
      this.eventPayloadType,
      makeTelephoneEvent({ digit: press.digit, isEnd, volume: 10, duration }),
      press.startTimestamp,
    );
    if (isEnd && ++press.endsSent === END_PACKETS) {
      this.#press = undefined;
      this.#pauseTicks = Math.ceil(GAP_MS / this.ptimeMs);
    }
    return true;
  }

  #send(payloadType: number, payload: Uint8Array, timestamp: number): void {
    const { ssrc } = this;
    this.sendRaw(makeRtp({ payloadType, marker: this.#isFirst, sequence: this.#sequence, timestamp, ssrc, payload }));
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#isFirst = false;
  }
}
