/** Asks a STUN server for our outside address (RFC 8489 §6.2.1: UDP, with retransmissions). */
import { createSocket, type Socket } from "node:dgram";
import { type Clock, messageOf, type Random, type Timer } from "@voepy/base";
import { bindingRequest, readBindingAnswer, TRANSACTION_ID_BYTES } from "../stun-message.ts";

export interface StunServer {
  readonly host: string;
  readonly port: number;
}

/** The literal address a server sees us at. Rejects with what went wrong. */
export type AskStun = (server: StunServer) => Promise<string>;

/** When a request is sent, ms after the first: each wait twice the one before (§6.2.1). */
const SEND_AT_MS = [0, 500, 1500, 3500];
const GIVE_UP_AT_MS = 7500;

export function stunClient(clock: Clock, random: Random): AskStun {
  return (server) =>
    new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      const id = random.fill(new Uint8Array(TRANSACTION_ID_BYTES));
      const timers: Timer[] = [];
      let isOver = false;
      const finish = (act: () => void): void => {
        if (isOver) return;
        isOver = true;
        for (const timer of timers) timer.cancel();
        socket.close();
        act();
      };
      const fail = (problem: string): void =>
        finish(() => reject(new Error(`STUN server ${server.host}:${server.port}: ${problem}`)));
      socket.on("error", (problem) => fail(messageOf(problem)));
      socket.on("message", (bytes) => {
        const answer = readBindingAnswer(bytes, id);
        if (answer.type === "mapped") finish(() => resolve(answer.address));
        else if (answer.type === "refused") fail(`refused with ${answer.code}`);
      });
      const startMs = clock.nowMs();
      for (const atMs of SEND_AT_MS) {
        timers.push(clock.schedule(startMs + atMs, () => sendTo(socket, bindingRequest(id), { server, fail })));
      }
      timers.push(clock.schedule(startMs + GIVE_UP_AT_MS, () => fail("no answer")));
    });
}

function sendTo(
  socket: Socket,
  bytes: Uint8Array,
  { server, fail }: { server: StunServer; fail: (problem: string) => void },
): void {
  socket.send(bytes, server.port, server.host, (problem) => {
    // A name that does not resolve, a network that is not there.
    if (problem !== null) fail(messageOf(problem));
  });
}
