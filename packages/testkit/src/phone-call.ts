/** One call of a test phone: what happened to it so far, and what one can do with it. */
import {
  type AudioCapabilities,
  answerOffer,
  type Direction,
  type Header,
  makeOffer,
  type NegotiatedAudio,
  type PartyId,
  readAnswer,
  type SessionId,
  type SipEndpoint,
  type SipEvent,
} from "@voepy/sip-stack";
import type { G711 } from "./g711.ts";
import type { RtpPeer } from "./rtp-peer.ts";

export type PhoneCallState = "incoming" | "calling" | "ringing" | "answered" | "ended" | "failed";

/** What a call needs of its phone. */
export interface PhoneLine {
  readonly sip: SipEndpoint;
  readonly codecs: readonly G711[];
  readonly ptimeMs: number;
  /** Where peers send RTP. */
  readonly mediaAddress: string;
  readonly sdpSessionId: string;
  /** Said as soon as there is someone to hear it; undefined: silence packets. */
  readonly toneHz: number | undefined;
}

export class PhoneCall {
  readonly session: SessionId;
  readonly media: RtpPeer;
  readonly from: PartyId | undefined;
  readonly to: PartyId | undefined;
  readonly requestUri: string;
  /** Of the INVITE that came, or of the 2xx that answered ours. */
  headers: readonly Header[] = [];
  state: PhoneCallState;
  /** Statuses told by the other side, provisional ones too. */
  readonly statuses: number[] = [];
  /** Why it ended or failed: `bye`, `response`, `cancelled`, `timeout`, … */
  cause: string | undefined;
  q850: number | undefined;
  audio: NegotiatedAudio | undefined;
  /** What the other side changed about the call after the answer, oldest first: the direction as seen from us. */
  readonly reoffers: Direction[] = [];
  /** Where the other end asked this one to call (REFER). */
  referredTo: string | undefined;
  /** Types and texts of INFO that came. */
  readonly infos: { readonly contentType: string; readonly body: string }[] = [];
  /** re-INVITEs of ours that were refused. */
  readonly refusedOffers: number[] = [];
  readonly #line: PhoneLine;
  #direction: Direction = "sendrecv";
  #version = 0;
  #remoteOffer: string | undefined;
  #offered: string | undefined;

  /** `call` is what the endpoint's `invite` event says, or what was sent; `offer` our SDP of a call we place. */
  constructor(
    line: PhoneLine,
    media: RtpPeer,
    call: {
      readonly session: SessionId;
      readonly state: "incoming" | "calling";
      readonly requestUri: string;
      readonly from?: PartyId;
      readonly to?: PartyId;
      readonly headers?: readonly Header[];
      readonly sdp?: string | undefined;
    },
  ) {
    this.#line = line;
    this.media = media;
    this.session = call.session;
    this.state = call.state;
    this.requestUri = call.requestUri;
    this.from = call.from;
    this.to = call.to;
    this.headers = call.headers ?? [];
    if (call.state === "incoming") this.#remoteOffer = call.sdp;
    else this.#offered = call.sdp;
  }

  get isOver(): boolean {
    return this.state === "ended" || this.state === "failed";
  }

  /** The last status the other side told. */
  get status(): number | undefined {
    return this.statuses.at(-1);
  }

  ring(status = 180): void {
    this.#line.sip.progress(this.session, { status });
  }

  /** 183 with SDP; sound starts. */
  earlyMedia(): void {
    const sdp = this.#localAnswer();
    if (sdp !== undefined) this.#line.sip.progress(this.session, { status: 183, sdp });
  }

  /** `headers` go into the 200. */
  answer(headers: readonly Header[] = []): void {
    const sdp = this.#localAnswer();
    if (sdp === undefined || !this.#line.sip.accept(this.session, { sdp, headers })) return;
    this.state = "answered";
  }

  reject(status: number, reason?: string): void {
    this.#line.sip.refuse(this.session, reason === undefined ? { status } : { status, reason });
    this.#end("failed", "refused");
  }

  /** BYE, CANCEL or refusal, as the state asks for. */
  hangUp(): void {
    const { sip } = this.#line;
    if (this.state === "answered") sip.bye(this.session);
    else if (this.state === "incoming") sip.refuse(this.session, { status: 480 });
    else sip.cancel(this.session);
    // A cancelled call is over when its 487 comes.
    if (this.state === "answered" || this.state === "incoming") this.#end("ended", "hung up");
  }

  hold(): void {
    this.#reoffer("sendonly");
  }

  resume(): void {
    this.#reoffer("sendrecv");
  }

  /** Events of this call's session, from the phone. */
  handle(event: SipEvent): void {
    switch (event.type) {
      case "progress":
        this.statuses.push(event.status);
        if (this.state === "calling") this.state = "ringing";
        if (event.sdp !== undefined) this.#acceptAnswer(event.sdp);
        return;
      case "answered":
        this.statuses.push(200);
        this.state = "answered";
        this.headers = event.headers;
        if (event.sdp !== undefined) this.#acceptAnswer(event.sdp);
        return;
      case "confirmed":
      case "offerAnswered":
        if (event.sdp !== undefined) this.#acceptAnswer(event.sdp);
        return;
      case "offer":
        this.#answerReoffer(event.sdp);
        return;
      case "offerRefused":
        this.refusedOffers.push(event.status);
        return;
      case "failed":
        this.statuses.push(event.status);
        this.q850 = event.q850;
        this.#end("failed", event.cause);
        return;
      case "cancelled":
        this.q850 = event.q850;
        this.#end("failed", "cancelled");
        return;
      case "ended":
        this.q850 = event.q850;
        this.#end("ended", event.cause);
        return;
      case "refer":
        this.referredTo = event.referTo;
        return;
      case "info":
        this.infos.push({ contentType: event.contentType, body: event.body });
        return;
      default:
        return;
    }
  }

  /** Answers a REFER: 202 and up takes it on, others refuse. */
  answerRefer(status: number): void {
    this.#line.sip.answerRefer(this.session, { status });
  }

  /** Tells how the call that was asked for goes. */
  notifyRefer(status: number): void {
    this.#line.sip.notifyRefer(this.session, { status, final: status >= 200 });
  }

  /** A digit by INFO. */
  pressByInfo(digit: string): void {
    this.#line.sip.info(this.session, {
      contentType: "application/dtmf-relay",
      body: `Signal=${digit}\r\nDuration=160\r\n`,
    });
  }

  #end(state: "ended" | "failed", cause: string): void {
    if (this.isOver) return;
    this.state = state;
    this.cause = cause;
    this.media.close();
  }

  #reoffer(direction: Direction): void {
    this.#direction = direction;
    this.#offered = makeOffer(this.#capabilities());
    this.#line.sip.offer(this.session, this.#offered);
  }

  #answerReoffer(offer: string | undefined): void {
    const { sip } = this.#line;
    if (offer === undefined) {
      this.#offered = makeOffer(this.#capabilities());
      sip.answerOffer(this.session, { sdp: this.#offered });
      return;
    }
    const result = answerOffer(offer, this.#capabilities());
    if (!result.ok) {
      sip.answerOffer(this.session, { status: result.status, reason: "Not Acceptable Here" });
      return;
    }
    this.reoffers.push(result.audio.direction);
    sip.answerOffer(this.session, { sdp: result.sdp });
    this.#apply(result.audio);
  }

  /** SDP for a 183 or 200: the same both times (RFC 3261 §13.2.1). */
  #localAnswer(): string | undefined {
    if (this.#offered !== undefined) return this.#offered;
    if (this.#remoteOffer === undefined) {
      this.#offered = makeOffer(this.#capabilities());
      return this.#offered;
    }
    const result = answerOffer(this.#remoteOffer, this.#capabilities());
    if (!result.ok) {
      this.reject(result.status);
      return undefined;
    }
    this.#offered = result.sdp;
    this.#apply(result.audio);
    return result.sdp;
  }

  #acceptAnswer(sdp: string): void {
    const result = readAnswer(this.#offered ?? "", sdp);
    if (!result.ok) throw new Error(`the phone got an answer it cannot read: ${result.problem}\n${sdp}`);
    this.#apply(result.audio);
  }

  #apply(audio: NegotiatedAudio): void {
    const isFirst = this.audio === undefined;
    this.audio = audio;
    if (audio.codec !== "PCMU" && audio.codec !== "PCMA") throw new Error(`the phone cannot speak ${audio.codec}`);
    this.media.codec = audio.codec;
    this.media.eventPayloadType = audio.telephoneEvent?.txPayloadType ?? this.media.eventPayloadType;
    const maySend = audio.direction === "sendrecv" || audio.direction === "sendonly";
    this.media.remote = maySend ? { address: audio.remote.address, port: audio.remote.udpPort } : undefined;
    if (!isFirst) return;
    if (this.#line.toneHz === undefined) this.media.saySilence();
    else this.media.sayTone(this.#line.toneHz);
  }

  #capabilities(): AudioCapabilities {
    this.#version += 1;
    return {
      codecs: this.#line.codecs,
      address: this.#line.mediaAddress,
      udpPort: this.media.local.port,
      direction: this.#direction,
      ptimeMs: this.#line.ptimeMs,
      telephoneEvent: true,
      sessionId: this.#line.sdpSessionId,
      sessionVersion: this.#version,
    };
  }
}
