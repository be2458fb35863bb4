/** Junk, half messages and resets at every stage of TCP, TLS, WS and WSS, by a seed; @net. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { randomUint32, seededRandom } from "@voepy/base";
import { afterEach, expect, test } from "vitest";
import { closeAll, closeLater, listenerOf, party } from "./party.ts";

afterEach(closeAll);

const TRANSPORTS = ["tcp", "tls", "ws", "wss"] as const;
const SENT_BY = ["127.0.0.1:0", "x.invalid", "[::1]:0", "255.255.255.255:1", "[ff02::1]:5060", "0.0.0.0:0"];
const UPGRADE =
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

test("@net 400 hostile connections leave the process alive, and the next call is served", async () => {
  const server = await party(
    TRANSPORTS.map((transport) => listenerOf(transport)),
    1,
  );
  const random = seededRandom(42);
  const below = (n: number): number => randomUint32(random) % n;
  const bytes = (n: number): Buffer => Buffer.from(random.fill(new Uint8Array(n)));
  const options = (): Buffer =>
    Buffer.from(
      `OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP ${SENT_BY[below(SENT_BY.length)]};branch=z9hG4bK${below(1e9)}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: ${below(1e9)}\r\nCSeq: 1 OPTIONS\r\nContact: <sip:a@0.0.0.0:0>\r\nContent-Length: 0\r\n\r\n`,
    );
  const upgrade = Buffer.from(UPGRADE);
  const junk = (): Buffer =>
    [
      () => bytes(below(200)),
      () => upgrade,
      () => Buffer.concat([upgrade, bytes(50)]),
      () => upgrade.subarray(0, below(150)),
      options,
      () => options().subarray(0, below(150)),
      // The head of a TLS hello of 200 bytes.
      () => Buffer.from([22, 3, 1, 0, 200]),
      () => Buffer.from("\r\n\r\n"),
    ][below(8)]!();

  async function attack(): Promise<void> {
    const at = below(TRANSPORTS.length);
    const { port } = server.endpoint.listeners()[at]!;
    const isTls = TRANSPORTS[at] !== "tcp" && TRANSPORTS[at] !== "ws" && below(2) === 0;
    const where = { host: "127.0.0.1", port };
    const socket: Socket = isTls ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
    closeLater(() => socket.destroy());
    const closed = new Promise<void>((done) => socket.once("close", () => done()));
    socket.on("error", () => socket.destroy());
    const [first, second, isReset] = [junk(), junk(), below(2) === 0];
    socket.once(isTls ? "secureConnect" : "connect", () => {
      socket.write(first);
      setImmediate(() => {
        socket.write(second);
        if (isReset && !isTls) socket.resetAndDestroy();
        else socket.destroySoon();
      });
    });
    // Whoever is not closed by the server leaves by itself.
    socket.resume();
    await closed;
  }

  for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 10 }, attack));
  const ann = await party([listenerOf("tls")], 2);
  ann.call({ transport: "tls", host: "127.0.0.1", port: server.endpoint.listeners()[1]!.port });
  expect((await server.next("invite")).source.transport).toBe("tls");
});
