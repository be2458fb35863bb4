/** One party: a SIP session and a media leg. Plain fields; the modules beside this one move them. */
import type { MediaLeg } from "@voepy/media-engine";
import type { NegotiatedAudio, SessionId, SrtpKeys } from "@voepy/sip-stack";
import type { LegRecord, RouteOptions } from "@voepy/store";
import type { Bridge } from "../bridge/bridge.ts";
import type { LiveCall } from "../call/call.ts";
import type { Outgoing } from "./outgoing.ts";

/** `primary`: the call's own party. `transfer`: who it is being joined to. */
export type LegRole = "primary" | "transfer";

export class Leg {
  readonly call: LiveCall;
  readonly role: LegRole;
  record: LegRecord;
  /** Of the answered or incoming dialog. */
  session: SessionId | undefined;
  /** The caller's offer, while an incoming leg is not answered; undefined after, and for a late offer. */
  remoteOffer: string | undefined;
  /** Host the peer speaks from: decides which of our addresses its SDP names. */
  peerHost = "";
  media: MediaLeg | undefined;
  audio: NegotiatedAudio | undefined;
  /** What we last offered or answered. */
  localSdp = "";
  /** Digits: `o=` names a session by number (RFC 8866 §5.2). */
  sdpSessionId = "0";
  sdpVersion = 0;
  /** As its route has it; phones and others without one may bring encrypted audio. */
  srtp: RouteOptions["srtp"] = "optional";
  /** Ours; secret, and never written anywhere but into its descriptions. */
  srtpKeys: SrtpKeys | undefined;
  /** The route it came by or is being placed over; its channels are counted by it. */
  routeId: string | undefined;
  /** Attempts, while an outgoing leg is being placed. */
  outgoing: Outgoing | undefined;
  bridge: Bridge | undefined;
  /** Its 200 is on the way: a second answer would open a second port. */
  isAnswering = false;
  /** By us: it neither hears its bridge nor is heard. */
  isHeld = false;
  /** By its own far end. */
  isHeldByFar = false;
  /** Playback id of the music of `hold`. */
  holdMusic: string | undefined;
  /** Prompts are fetched side by side but queued in the order they were asked for. */
  playoutOrder: Promise<void> = Promise.resolve();

  constructor(call: LiveCall, role: LegRole, record: LegRecord) {
    this.call = call;
    this.role = role;
    this.record = record;
  }

  get id(): string {
    return this.record.id;
  }

  get isOver(): boolean {
    return this.record.status === "ended" || this.record.status === "failed";
  }

  get isAnswered(): boolean {
    return this.record.status === "answered" || this.record.status === "bridged";
  }

  /** Changes the row; it is stored with the call's next commit. */
  patch(patch: Partial<LegRecord>): void {
    this.record = { ...this.record, ...patch };
    this.call.saveLeg(this.record);
  }
}
