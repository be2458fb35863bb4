/** The words a fork and its peer exchange: one file each, all behind this. Frames are exactly those of the vendor, never more. */
import type { ForkRequest } from "../types.ts";
import { makeJambonz } from "./jambonz.ts";
import { makeRaw } from "./raw.ts";
import type { ForkMessage } from "./socket.ts";
import type { Mark } from "./talkback.ts";
import { makeTelnyx } from "./telnyx.ts";
import { makeTwilio } from "./twilio.ts";

export type TrackName = "rx" | "tx";

export interface MediaFrame {
  readonly track: TrackName;
  /** 1, 2, 3 … of this track. */
  readonly chunk: number;
  /** Of the frame's beginning, since the fork began. */
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}

export type ForkFault = "malformed_frame" | "invalid_media" | "rate_limit_reached";

/** What a peer said. */
export type ForkInput =
  | { readonly type: "audio"; readonly bytes: Uint8Array; readonly rateHz?: number | undefined }
  | { readonly type: "file"; readonly bytes: Uint8Array }
  | { readonly type: "mark"; readonly mark: Mark }
  | { readonly type: "clear" }
  /** Marks come back, audio goes on. */
  | { readonly type: "clearMarks" }
  | { readonly type: "hangUp" }
  | { readonly type: "fault"; readonly fault: ForkFault; readonly detail: string };

/** Of one connection: it counts. What it does not say at all is undefined. */
export interface ForkProtocol {
  /** The first words, before any media. */
  opening(): ForkMessage[];
  media(frame: MediaFrame): ForkMessage | undefined;
  digit(digit: string, durationMs: number, wallMs: number): ForkMessage | undefined;
  /** `isCleared`: its audio was dropped. */
  mark(mark: Mark, isCleared: boolean): ForkMessage | undefined;
  fault(fault: ForkFault, detail: string): ForkMessage | undefined;
  stop(): ForkMessage | undefined;
  /** Never throws. Empty: nothing that concerns us. */
  read(message: ForkMessage): readonly ForkInput[];
}

export function makeProtocol(request: ForkRequest): ForkProtocol {
  switch (request.protocol) {
    case "telnyx":
      return makeTelnyx(request);
    case "twilio":
      return makeTwilio(request);
    case "jambonz":
      return makeJambonz(request);
    case "raw":
      return makeRaw(request);
  }
}

/** What goes into the upgrade request. */
export function upgradeOf({ protocol, authToken }: ForkRequest): {
  headers: Readonly<Record<string, string>>;
  subprotocol: string | undefined;
} {
  const headers: Record<string, string> = {};
  if (authToken !== undefined) headers["Authorization"] = `Bearer ${authToken}`;
  if (authToken !== undefined && protocol === "telnyx") headers["x-telnyx-streaming-auth-token"] = authToken;
  return { headers, subprotocol: protocol === "jambonz" ? "audio.jambonz.org" : undefined };
}
