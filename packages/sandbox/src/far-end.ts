/**
 * One party of the sandbox: a SIP session, its audio, and the steps it goes through. A step that takes time waits for
 * one thing (a moment, the end of a sound, keys pressed); the end of the call ends the wait and the steps.
 */
import { messageOf, randomHex, type Timer, unreachable } from "@voepy/base";
import type { MediaEvent } from "@voepy/media-engine";
import type { SessionId, SipEvent } from "@voepy/sip-stack";
import { type Behaviour, type Step, soundOfDigit } from "./behaviours.ts";
import { FarAudio } from "./far-audio.ts";
import type { World } from "./world.ts";

const TONE_LEVEL_DBM0 = -10;
/** Segment of an endless tone, ms: it repeats with its phase kept. */
const TONE_SEGMENT_MS = 10_000;

type Awaited =
  | { readonly type: "moment"; readonly timer: Timer }
  | { readonly type: "playout"; readonly prompt: string }
  | { readonly type: "keys" };

export class FarEnd {
  readonly session: SessionId;
  isOver = false;
  readonly #world: World;
  readonly #behaviour: Behaviour;
  #audio: FarAudio | undefined;
  /** The caller's SDP, until it is answered. */
  #remoteOffer: string | undefined;
  /** Local SDP of the answer to an INVITE, once given in a 183 or 200: both carry the same (RFC 3261 §13.2.1). */
  #answered: string | undefined;
  #awaited: Awaited | undefined;
  #goOn: () => void = () => undefined;
  #speaksDigits = false;
  /** Digits are said in the order they were heard, however long each sound takes to load. */
  #said: Promise<void> = Promise.resolve();

  /** `audio`: of a call we place, opened for its offer. */
  constructor(world: World, options: { session: SessionId; behaviour: Behaviour; audio?: FarAudio; offer?: string }) {
    this.#world = world;
    this.session = options.session;
    this.#behaviour = options.behaviour;
    this.#audio = options.audio;
    this.#remoteOffer = options.offer;
  }

  /** Name of its media leg in the engine's events. */
  get portId(): string | undefined {
    return this.#audio?.port.id;
  }

  /** Goes through the steps. `address`: ours, that the peer sends its sound to. Never rejects. */
  async run(address: string): Promise<void> {
    try {
      for (const step of this.#behaviour.steps) {
        if (step.do === "earlyMedia" || step.do === "answer") await this.#openAudio(address);
        if (this.isOver) return;
        await this.#perform(step);
      }
    } catch (problem) {
      this.#world.log.warn("sandbox call failed", { session: this.session, problem: messageOf(problem) });
      this.hangUp();
    }
  }

  /** SIP of this session, but for what begins and ends it. */
  handle(event: SipEvent): void {
    switch (event.type) {
      case "confirmed":
      case "progress":
      case "answered":
      case "offerAnswered":
        if (event.sdp !== undefined) this.#acceptAnswer(event.sdp);
        return;
      case "offer":
        this.#answerReoffer(event.sdp);
        return;
      case "offerRefused":
        this.#world.log.info("sandbox re-INVITE was refused", { session: this.session, status: event.status });
        return;
      default:
        return;
    }
  }

  handleMedia(event: MediaEvent): void {
    if (event.type === "digit") this.#hearDigit(event.digit);
    if (event.type === "digitsSent" && this.#awaited?.type === "keys") this.#proceed();
    if (event.type !== "playoutEnded") return;
    if (this.#awaited?.type === "playout" && this.#awaited.prompt === event.prompt) this.#proceed();
  }

  /** Ends the call from our side, in whichever state it is. */
  hangUp(): void {
    const { sip } = this.#world;
    if (!this.isOver && !sip.bye(this.session) && !sip.cancel(this.session)) sip.refuse(this.session, { status: 480 });
    this.over();
  }

  /** The call is gone: stops everything. Idempotent. */
  over(): void {
    this.isOver = true;
    if (this.#awaited?.type === "moment") this.#awaited.timer.cancel();
    this.#proceed();
    this.#audio?.port.close();
    this.#audio = undefined;
  }

  async #perform(step: Step): Promise<void> {
    const { sip } = this.#world;
    switch (step.do) {
      case "ring":
        sip.progress(this.session, { status: 180 });
        return;
      case "earlyMedia":
        return this.#describe((sdp) => sip.progress(this.session, { status: 183, sdp }));
      case "answer":
        return this.#describe((sdp) => sip.accept(this.session, { sdp }));
      case "refuse":
        sip.refuse(this.session, { status: step.status });
        return this.over();
      case "wait":
        return this.#sleep(step.ms);
      case "echo":
        return this.#audio?.port.setEcho(true);
      case "say":
        return this.#say(step.sound);
      case "tone":
        return this.#tone(step.hz, step.ms);
      case "press":
        this.#audio?.port.press(step.digits);
        return this.#await({ type: "keys" });
      case "speakDigits":
        this.#speaksDigits = true;
        return;
      case "hold":
        return this.#reoffer("sendonly");
      case "resume":
        return this.#reoffer("sendrecv");
      case "hangUp":
        return this.hangUp();
      default:
        return unreachable(step);
    }
  }

  async #openAudio(address: string): Promise<void> {
    if (this.#audio !== undefined) return;
    const audio = await FarAudio.open(this.#world, address, this.#behaviour.impairment);
    // The caller may have given up while the port was being opened.
    if (this.isOver) audio.port.close();
    else this.#audio = audio;
  }

  /** Answers the caller's offer, or offers when it made none. */
  #describe(send: (sdp: string) => boolean): void {
    if (this.#audio === undefined) return;
    if (this.#answered === undefined) {
      const sdp = this.#remoteOffer === undefined ? this.#audio.offer() : this.#answerInvite(this.#remoteOffer);
      if (sdp === undefined) return;
      this.#answered = sdp;
    }
    send(this.#answered);
  }

  #answerInvite(offer: string): string | undefined {
    const result = this.#audio?.answer(offer);
    if (result?.ok) return result.sdp;
    this.#world.sip.refuse(this.session, { status: result?.status ?? 488 });
    this.over();
    return undefined;
  }

  #acceptAnswer(sdp: string): void {
    const problem = this.#audio?.accept(sdp);
    if (problem === undefined) return;
    this.#world.log.warn("sandbox got an answer it cannot use", { session: this.session, problem });
    this.hangUp();
  }

  #answerReoffer(offer: string | undefined): void {
    const { sip } = this.#world;
    if (this.#audio === undefined) return;
    if (offer === undefined) {
      sip.answerOffer(this.session, { sdp: this.#audio.offer() });
      return;
    }
    const result = this.#audio.answer(offer);
    const refusal = result.ok ? undefined : { status: result.status, reason: "Not Acceptable Here" };
    sip.answerOffer(this.session, result.ok ? { sdp: result.sdp } : (refusal ?? { status: 488, reason: "" }));
  }

  #reoffer(direction: "sendonly" | "sendrecv"): void {
    if (this.#audio === undefined) return;
    this.#audio.direction = direction;
    this.#world.sip.offer(this.session, this.#audio.offer());
  }

  async #say(sound: Parameters<World["promptOf"]>[0]): Promise<void> {
    const key = await this.#world.promptOf(sound);
    if (this.isOver) return;
    const prompt = this.#newPrompt();
    this.#audio?.port.playPrompt(prompt, key);
    return this.#await({ type: "playout", prompt });
  }

  async #tone(hz: number, ms: number | undefined): Promise<void> {
    const prompt = this.#newPrompt();
    const segment = { frequenciesHz: [hz], levelDbm0: TONE_LEVEL_DBM0, durationMs: ms ?? TONE_SEGMENT_MS };
    this.#audio?.port.playTone(prompt, { segments: [segment], repeat: ms === undefined });
    if (ms !== undefined) await this.#await({ type: "playout", prompt });
  }

  #hearDigit(digit: string): void {
    const sound = soundOfDigit(digit);
    if (!this.#speaksDigits || sound === undefined) return;
    const loading = this.#world.promptOf(sound).catch((problem: unknown) => {
      this.#world.log.warn("sandbox has no such sound", { sound, problem: messageOf(problem) });
      return undefined;
    });
    this.#said = this.#said
      .then(() => loading)
      .then((key) => {
        if (key !== undefined) this.#audio?.port.playPrompt(this.#newPrompt(), key);
      });
  }

  #newPrompt(): string {
    return `sandbox_${randomHex(this.#world.random, 8)}`;
  }

  #sleep(ms: number): Promise<void> {
    const { clock } = this.#world;
    const timer = clock.schedule(clock.nowMs() + ms, () => this.#proceed());
    return this.#await({ type: "moment", timer });
  }

  #await(what: Awaited): Promise<void> {
    this.#awaited = what;
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  #proceed(): void {
    this.#awaited = undefined;
    this.#goOn();
  }
}
