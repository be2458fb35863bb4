/** The peer of the fork bench: takes any number of streams, sends what it hears back at once, and watches the cadence. */
import { WebSocketServer } from "ws";
import type { FromBot } from "./fork-messages.ts";

const tell = (message: FromBot): void => void process.send?.(message);
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
let frames = 0;
let isWatching = false;
/** Longest time between two frames, ms, of each stream while watching. */
let gaps: number[] = [];

server.on("connection", (peer) => {
  const stream = gaps.push(0) - 1;
  let lastMs = 0;
  peer.on("message", (data) => {
    const frame: { event: string; media?: { payload: string } } = JSON.parse(String(data));
    if (frame.media === undefined) return;
    const nowMs = performance.now();
    if (isWatching && lastMs > 0) gaps[stream] = Math.max(gaps[stream]!, nowMs - lastMs);
    lastMs = nowMs;
    frames++;
    peer.send(`{"event":"media","media":{"payload":"${frame.media.payload}"}}`);
  });
});
server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) tell({ type: "listening", tcpPort: address.port });
});
process.on("disconnect", () => process.exit());
process.on("message", (message: { type: "begin" | "end" }) => {
  if (message.type === "begin") {
    frames = 0;
    gaps = gaps.map(() => 0);
    isWatching = true;
    return;
  }
  tell({ type: "heard", frames, gaps });
  isWatching = false;
});
