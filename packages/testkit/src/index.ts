/** Test tools: time, network, ears, far ends. Never imported by what runs in production. */
export * from "./g711.ts";
export * from "./netem.ts";
export * from "./pcap.ts";
export * from "./rtp-packet.ts";
export * from "./tone-id.ts";
export * from "./udp.ts";
export * from "./virtual-clock.ts";
export * from "./wav.ts";
