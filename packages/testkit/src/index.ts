/** Test tools: time, network, ears, far ends. Never imported by what runs in production. */
export * from "./emulated-rtp.ts";
export * from "./expect-audio.ts";
export * from "./g711.ts";
export * from "./netem.ts";
export * from "./pcap.ts";
export * from "./rtp-ear.ts";
export * from "./rtp-packet.ts";
export * from "./rtp-peer.ts";
export * from "./tone-id.ts";
export * from "./udp.ts";
export * from "./virtual-clock.ts";
export * from "./wav.ts";
export * from "./webhook-sink.ts";
