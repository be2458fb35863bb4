/** What the processes of the fork bench say to each other. */
export type FromBot =
  | { readonly type: "listening"; readonly tcpPort: number }
  | { readonly type: "heard"; readonly frames: number; readonly gaps: readonly number[] };

export type ToPhones =
  | { readonly type: "open"; readonly count: number }
  | { readonly type: "call"; readonly udpPorts: readonly number[] }
  | { readonly type: "begin" }
  | { readonly type: "end" };

export type FromPhones =
  | { readonly type: "opened"; readonly udpPorts: readonly number[] }
  /** ms from sending a packet to getting the first one with its sound; how late this process itself was at worst. */
  | { readonly type: "measured"; readonly latenciesMs: readonly number[]; readonly worstLateMs: number };
