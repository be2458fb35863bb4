/** A plain UDP socket, for the far end whose path loses packets. */
import { createSocket } from "node:dgram";

export interface UdpAddress {
  readonly address: string;
  readonly port: number;
}

export interface UdpSocket extends UdpAddress {
  send(bytes: Uint8Array, to: UdpAddress): void;
  close(): void;
}

/** Binds a free port of `address`. `bytes` belong to the receiver. */
export type BindUdp = (binding: {
  readonly address: string;
  readonly onPacket: (bytes: Uint8Array, from: UdpAddress) => void;
}) => Promise<UdpSocket>;

export const bindSystemUdp: BindUdp = ({ address, onPacket }) =>
  new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    let isClosed = false;
    socket.on("message", onPacket);
    socket.once("error", reject);
    socket.bind({ address, port: 0, exclusive: true }, () => {
      // A send may still fail (the peer is gone); lost packets are what this path is for.
      socket.off("error", reject).on("error", () => undefined);
      resolve({
        ...socket.address(),
        send: (bytes, to) => {
          if (!isClosed) socket.send(bytes, to.port, to.address);
        },
        close: () => {
          if (isClosed) return;
          isClosed = true;
          socket.close();
        },
      });
    });
  });
