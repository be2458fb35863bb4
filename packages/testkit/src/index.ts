/** Test tools: time, network, ears, far ends. Never imported by what runs in production. */
export * from "./digest-answer.ts";
export * from "./emulated-rtp.ts";
export * from "./expect-audio.ts";
export * from "./g711.ts";
export * from "./netem.ts";
export * from "./pcap.ts";
export * from "./phone.ts";
export * from "./phone-call.ts";
export type { RegisterResult } from "./registration.ts";
export * from "./rtp-ear.ts";
export * from "./rtp-packet.ts";
export * from "./rtp-peer.ts";
export * from "./sip-over-udp.ts";
export * from "./tone-id.ts";
export * from "./udp.ts";
export * from "./virtual-clock.ts";
export * from "./wav.ts";
export * from "./webhook-sink.ts";
