/** What each number of the sandbox carrier does, as data. `far-end.ts` carries the steps out one after the other. */

/** Recorded speech, by the name of its file in fixtures/audio without `.wav`. */
export type Sound = "greeting-person" | "greeting-voicemail" | "star" | "pound" | `digit-${number}`;

export type Step =
  /** 180. */
  | { readonly do: "ring" }
  /** 183 with SDP: what follows is heard before the answer. */
  | { readonly do: "earlyMedia" }
  /** 200. */
  | { readonly do: "answer" }
  /** A final refusal; the last step. */
  | { readonly do: "refuse"; readonly status: number }
  | { readonly do: "wait"; readonly ms: number }
  /** From now on, what comes in goes back at once. */
  | { readonly do: "echo" }
  /** Goes on when it has been said. */
  | { readonly do: "say"; readonly sound: Sound }
  /** With `ms` it goes on when that is over; without, the tone lasts until the call ends. */
  | { readonly do: "tone"; readonly hz: number; readonly ms?: number }
  /** Keys by telephone-event; goes on when they are pressed. */
  | { readonly do: "press"; readonly digits: string }
  /** From now on, every digit heard is said. */
  | { readonly do: "speakDigits" }
  /** re-INVITE with `sendonly`, and with `sendrecv` again. */
  | { readonly do: "hold" }
  | { readonly do: "resume" }
  | { readonly do: "hangUp" };

export interface Behaviour {
  readonly steps: readonly Step[];
  /** What the path between us and this far end does to RTP, each way. Undefined: nothing. */
  readonly impairment?: Impairment | undefined;
}

export interface Impairment {
  readonly lossPct: number;
  readonly reorderPct: number;
  /** Added delay, evenly spread from 0 up to this. */
  readonly jitterMs: number;
}

/** After the last step a far end stays and listens until the other side hangs up. */
export const BEHAVIOURS: ReadonlyMap<string, Behaviour> = new Map<string, Behaviour>([
  ["+15005550001", { steps: [{ do: "ring" }, { do: "wait", ms: 1000 }, { do: "answer" }, { do: "echo" }] }],
  ["+15005550002", { steps: [{ do: "answer" }, { do: "say", sound: "greeting-person" }] }],
  [
    "+15005550003",
    {
      steps: [
        { do: "answer" },
        { do: "say", sound: "greeting-voicemail" },
        { do: "tone", hz: 1000, ms: 400 },
        { do: "wait", ms: 60_000 },
        { do: "hangUp" },
      ],
    },
  ],
  ["+15005550004", { steps: [{ do: "refuse", status: 486 }] }],
  ["+15005550005", { steps: [{ do: "ring" }] }],
  ["+15005550006", { steps: [{ do: "refuse", status: 603 }] }],
  ["+15005550007", { steps: [{ do: "refuse", status: 404 }] }],
  ["+15005550008", { steps: [{ do: "refuse", status: 503 }] }],
  [
    "+15005550009",
    { steps: [{ do: "answer" }, { do: "speakDigits" }, { do: "wait", ms: 1000 }, { do: "press", digits: "1234#" }] },
  ],
  ["+15005550010", { steps: [{ do: "answer" }, { do: "wait", ms: 3000 }, { do: "hangUp" }] }],
  [
    "+15005550011",
    { steps: [{ do: "answer" }, { do: "echo" }], impairment: { lossPct: 5, reorderPct: 2, jitterMs: 30 } },
  ],
  ["+15005550012", { steps: [{ do: "answer" }, { do: "tone", hz: 1004 }] }],
  [
    "+15005550013",
    { steps: [{ do: "earlyMedia" }, { do: "tone", hz: 440, ms: 3000 }, { do: "answer" }, { do: "echo" }] },
  ],
  [
    "+15005550014",
    {
      steps: [
        { do: "answer" },
        { do: "echo" },
        { do: "wait", ms: 2000 },
        { do: "hold" },
        { do: "wait", ms: 2000 },
        { do: "resume" },
      ],
    },
  ],
]);

/** A number that is nobody's. */
export const UNKNOWN_NUMBER: Behaviour = { steps: [{ do: "refuse", status: 404 }] };

/** What a caller of `POST /v1/sandbox/calls` does once it is answered. */
export const SCENARIOS: ReadonlyMap<string, readonly Step[]> = new Map<string, readonly Step[]>([
  ["echo", [{ do: "echo" }]],
  ["tone", [{ do: "tone", hz: 1004 }]],
  ["person", [{ do: "say", sound: "greeting-person" }]],
  ["digits", [{ do: "speakDigits" }, { do: "wait", ms: 1000 }, { do: "press", digits: "1234#" }]],
  ["hangup", [{ do: "wait", ms: 3000 }, { do: "hangUp" }]],
  ["silent", []],
]);

export const DEFAULT_SCENARIO = "echo";

/** The recorded word for a key; undefined for A–D, of which there is none. */
export function soundOfDigit(digit: string): Sound | undefined {
  if (digit === "*") return "star";
  if (digit === "#") return "pound";
  return /^[0-9]$/.test(digit) ? `digit-${Number(digit)}` : undefined;
}
