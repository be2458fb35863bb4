/** What the bench, its server and its senders say to each other. */
export type ToSender =
  | { readonly type: "open"; readonly sockets: number }
  /** Target of each socket, in the order of opening; sockets 2i and 2i+1 are the two parties of a call. */
  | { readonly type: "start"; readonly targets: readonly number[] }
  | { readonly type: "measure"; readonly seconds: number };

export type FromSender =
  | { readonly type: "opened"; readonly udpPorts: readonly number[] }
  | {
      readonly type: "measured";
      readonly sent: number;
      readonly received: number;
      /** Through the server, ms, sorted. */
      readonly latenciesMs: readonly number[];
      /** How late the sender's own sends were at worst, ms. */
      readonly worstLateMs: number;
    };

export type ToServer =
  | { readonly type: "open"; readonly udpPorts: readonly number[]; readonly codecs: "same" | "cross" }
  | { readonly type: "measure"; readonly seconds: number };

export type FromServer =
  | { readonly type: "opened"; readonly udpPorts: readonly number[] }
  | {
      readonly type: "measured";
      readonly cpuMs: number;
      readonly rssBytes: number;
      readonly counters: Readonly<Record<string, number>>;
    };
