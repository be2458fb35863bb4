/**
 * One live call: its record, its legs, its running verbs. It owns the status: `advance` steps the machine, and all
 * that happens in one turn of the event loop becomes one commit of rows and events.
 */
import { messageOf, type Timer } from "@voepy/base";
import type { MediaWarning } from "@voepy/media-engine";
import type { CallDetail, CallRecord, EventRecord, LegRecord, RecordingRecord } from "@voepy/store";
import { callFacts, type EventType, isLifecycle } from "../events.ts";
import type { ActiveGather } from "../gather/gather.ts";
import type { Leg } from "../leg/leg.ts";
import type { QueuedPrompt } from "../playout.ts";
import type { DialBody } from "../schema/dial.ts";
import { type JsonObject, serializeCall } from "../serialize/call.ts";
import type { StreamSpec } from "../stream/spec.ts";
import type { World } from "../world.ts";
import { type CallInput, callMachine, isOver } from "./call-machine.ts";

/** What dial, answer and transfer say about recording. */
export type RecordWish = Pick<DialBody, "record" | "record_channels" | "record_format">;

/** Who decides what the call does next: a program, or its number's own inbound action. */
export type CallOwner = "api" | "number";

export class LiveCall {
  readonly legs: Leg[] = [];
  readonly recordings = new Map<string, RecordingRecord>();
  /** Prompts queued or playing on any leg, by id, in the order they were asked for. */
  readonly prompts = new Map<string, QueuedPrompt>();
  readonly commandsDone = new Set<string>();
  /** Reasons already told of. */
  readonly mediaWarnings = new Set<MediaWarning>();
  owner: CallOwner = "api";
  /** Its legs are being taken down; the status follows in the same turn. */
  isEnding = false;
  recordWish: RecordWish = { record: "off", record_channels: "single", record_format: "mp3" };
  /** The stream that begins with the next answer. */
  streamSpec: StreamSpec | undefined;
  /** Played to the far leg while it rings, as soon as it has media (`audio_url`). */
  earlyAudioUrl: string | undefined;
  timeLimitMs: number | undefined;
  /** Where `refer` sends the far end, while that runs. */
  referredTo: string | undefined;
  gather: ActiveGather | undefined;
  /** Digits heard while no gather runs, for one that asks for them. */
  bufferedDigits = "";

  private readonly world: World;
  private current: CallRecord;
  private readonly timers = new Map<string, Timer>();
  private readonly dirtyLegs = new Map<string, LegRecord>();
  private readonly dirtyRecordings = new Map<string, RecordingRecord>();
  private events: EventRecord[] = [];
  private isDirty = false;
  private flushing: Promise<void> = Promise.resolve();
  private idempotency: { tenantId: string; path: string; key: string; resourceId: string } | undefined;

  constructor(world: World, record: CallRecord) {
    this.world = world;
    this.current = record;
  }

  get record(): CallRecord {
    return this.current;
  }

  get id(): string {
    return this.current.id;
  }

  get isOver(): boolean {
    return isOver(this.current.status);
  }

  /** Leg A: the party the call was made for. */
  get primary(): Leg {
    return this.legs[0]!;
  }

  /** Steps the status; `patch` is written with it. False: the step cannot be made from here (a race was lost). */
  advance(input: CallInput, patch: Partial<Omit<CallRecord, "status">> = {}, data: JsonObject = {}): boolean {
    const step = callMachine[this.current.status][input];
    if (step === undefined) return false;
    this.update({ ...patch, status: step.to });
    this.tell(step.event, data, this.primary);
    return true;
  }

  /** Writes fields that are not status. */
  patch(patch: Partial<Omit<CallRecord, "status">>): void {
    this.update(patch);
  }

  saveLeg(leg: LegRecord): void {
    this.dirtyLegs.set(leg.id, leg);
    this.touch();
  }

  saveRecording(row: RecordingRecord): void {
    this.recordings.set(row.id, row);
    this.dirtyRecordings.set(row.id, row);
    this.touch();
  }

  /** An event of this call, numbered at once and committed with this turn's changes. */
  tell(type: EventType, data: JsonObject = {}, leg: Leg | undefined = undefined): void {
    const sequence = this.current.sequence + 1;
    this.update({ sequence });
    this.events.push({
      id: this.world.makeId("evt"),
      tenantId: this.current.tenantId,
      callId: this.current.id,
      eventType: type,
      occurredAt: this.world.clock.wallMs(),
      sequence,
      data: JSON.stringify({
        ...callFacts(this.current, leg?.id),
        ...data,
        ...(isLifecycle(type) ? { call: serializeCall(this.detail(), this.world.links) } : {}),
      }),
      webhookUrl: this.current.webhookUrl,
    });
  }

  /** The row that answers a repeated dial is tied to the call in the same commit. */
  bindIdempotency(row: { path: string; key: string }): void {
    this.idempotency = { tenantId: this.current.tenantId, ...row, resourceId: this.current.id };
  }

  /** Resolves when everything told so far is on disk; rejects when it could not be written. */
  flushed(): Promise<void> {
    return this.flushing;
  }

  detail(): CallDetail {
    return {
      call: this.current,
      legs: this.legs.map((leg) => leg.record),
      recordings: [...this.recordings.values()],
    };
  }

  /** Named so that setting it again replaces it. Fires on the call's own turn. */
  setTimer(name: string, delayMs: number, run: () => void): void {
    this.clearTimer(name);
    this.timers.set(
      name,
      this.world.clock.schedule(this.world.clock.nowMs() + delayMs, () => {
        this.timers.delete(name);
        run();
      }),
    );
  }

  clearTimer(name: string): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }

  clearTimers(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }

  private update(patch: Partial<CallRecord>): void {
    this.current = { ...this.current, ...patch };
    this.touch();
  }

  private touch(): void {
    if (this.isDirty) return;
    this.isDirty = true;
    this.flushing = Promise.resolve().then(() => this.flush());
    // Whoever awaits `flushed` hears of it too; a turn that nobody waits for must not end the process.
    this.flushing.catch((thrown: unknown) =>
      this.world.log.error("call could not be stored", { call: this.current.id, why: messageOf(thrown) }),
    );
  }

  private flush(): Promise<void> {
    const changes = {
      calls: [this.current],
      legs: [...this.dirtyLegs.values()],
      recordings: [...this.dirtyRecordings.values()],
      events: this.events,
      ...(this.idempotency === undefined ? {} : { idempotency: this.idempotency }),
    };
    this.isDirty = false;
    this.dirtyLegs.clear();
    this.dirtyRecordings.clear();
    this.events = [];
    this.idempotency = undefined;
    return this.world.store.commit(changes);
  }
}
