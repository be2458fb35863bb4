/** One far end's media description and the port it describes: offers, answers, and what was agreed put into force. */
import { randomUint32 } from "@voepy/base";
import type { PortParams } from "@voepy/media-engine";
import {
  type AnswerResult,
  type AudioCapabilities,
  answerOffer,
  type Direction,
  makeOffer,
  type NegotiatedAudio,
  readAnswer,
} from "@voepy/sip-stack";
import { type AudioPort, openPort } from "./audio-port.ts";
import type { Impairment } from "./behaviours.ts";
import type { World } from "./world.ts";

const PTIME_MS = 20;

export class FarAudio {
  readonly port: AudioPort;
  /** What we want from now on: `sendonly` is our hold. */
  direction: Direction = "sendrecv";
  readonly #address: string;
  readonly #sessionId: string;
  #version = 0;
  #offered: string | undefined;

  private constructor(port: AudioPort, address: string, sessionId: string) {
    this.port = port;
    this.#address = address;
    this.#sessionId = sessionId;
  }

  /** `address` is where the peer sends its sound. Rejects with a CodedError when no port is free. */
  static async open(world: World, address: string, impairment?: Impairment): Promise<FarAudio> {
    const port = await openPort(world, address, impairment);
    return new FarAudio(port, address, String(randomUint32(world.random)));
  }

  offer(): string {
    this.#offered = makeOffer(this.#capabilities());
    return this.#offered;
  }

  answer(offer: string): AnswerResult {
    const result = answerOffer(offer, this.#capabilities());
    if (result.ok) this.port.setParams(portParamsOf(result.audio));
    return result;
  }

  /** The peer's answer to our last offer. Returns what is wrong with it. */
  accept(answer: string): string | undefined {
    if (this.#offered === undefined) return "an answer came to no offer";
    const result = readAnswer(this.#offered, answer);
    if (!result.ok) return result.problem;
    this.port.setParams(portParamsOf(result.audio));
    return undefined;
  }

  /** Each description has a new version (RFC 3264 §8). */
  #capabilities(): AudioCapabilities {
    this.#version += 1;
    return {
      codecs: ["PCMU", "PCMA"],
      address: this.#address,
      udpPort: this.port.udpPort,
      direction: this.direction,
      ptimeMs: PTIME_MS,
      telephoneEvent: true,
      sessionId: this.#sessionId,
      sessionVersion: this.#version,
    };
  }
}

function portParamsOf(audio: NegotiatedAudio): PortParams {
  return {
    codec: audio.codec,
    txPayloadType: audio.txPayloadType,
    rxPayloadType: audio.rxPayloadType,
    rtpClockHz: audio.clockRateHz,
    channels: audio.channels,
    fmtp: audio.fmtp,
    ptimeMs: audio.ptimeMs,
    telephoneEvent: audio.telephoneEvent,
    remote: audio.remote,
    maySend: audio.direction === "sendrecv" || audio.direction === "sendonly",
    mayReceive: audio.direction === "sendrecv" || audio.direction === "recvonly",
  };
}
