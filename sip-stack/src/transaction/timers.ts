/** Timers of the transaction machines: RFC 3261 table 4 (appendix A), with L and M of RFC 6026 §8.11. Milliseconds. */

/** Round-trip estimate. */
export const T1_MS = 500;
/** Longest interval between retransmissions of non-INVITE requests and INVITE responses. */
export const T2_MS = 4000;
/** Longest time a message stays in the network. */
export const T4_MS = 5000;
/** 64 × T1: how long a transaction tries, and how long a 2xx is repeated. */
export const PATIENCE_MS = 64 * T1_MS;

export type TimerName = "A" | "B" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M";

export interface TimerRow {
  /** Over UDP; `undefined`: not started. */
  readonly unreliableMs: number | undefined;
  /** Over TCP, TLS, WS, WSS; `undefined`: not started. */
  readonly reliableMs: number | undefined;
  /** Doubles at each firing up to this. */
  readonly capMs?: number;
  readonly meaning: string;
}

/** C belongs to proxies. */
export const TIMERS: Readonly<Record<TimerName, TimerRow>> = {
  A: { unreliableMs: T1_MS, reliableMs: undefined, capMs: PATIENCE_MS, meaning: "INVITE again (§17.1.1.2)" },
  B: { unreliableMs: PATIENCE_MS, reliableMs: PATIENCE_MS, meaning: "INVITE unanswered (§17.1.1.2)" },
  D: { unreliableMs: PATIENCE_MS, reliableMs: 0, meaning: "wait for repeated responses (§17.1.1.2)" },
  E: { unreliableMs: T1_MS, reliableMs: undefined, capMs: T2_MS, meaning: "request again (§17.1.2.2)" },
  F: { unreliableMs: PATIENCE_MS, reliableMs: PATIENCE_MS, meaning: "request unanswered (§17.1.2.2)" },
  G: { unreliableMs: T1_MS, reliableMs: undefined, capMs: T2_MS, meaning: "INVITE response again (§17.2.1)" },
  H: { unreliableMs: PATIENCE_MS, reliableMs: PATIENCE_MS, meaning: "ACK missing (§17.2.1)" },
  I: { unreliableMs: T4_MS, reliableMs: 0, meaning: "wait for repeated ACKs (§17.2.1)" },
  J: { unreliableMs: PATIENCE_MS, reliableMs: 0, meaning: "wait for repeated requests (§17.2.2)" },
  K: { unreliableMs: T4_MS, reliableMs: 0, meaning: "wait for repeated responses (§17.1.2.2)" },
  L: { unreliableMs: PATIENCE_MS, reliableMs: PATIENCE_MS, meaning: "wait for repeated INVITEs (RFC 6026 §7.1)" },
  M: { unreliableMs: PATIENCE_MS, reliableMs: PATIENCE_MS, meaning: "wait for repeated 2xx (RFC 6026 §7.2)" },
};
