/** UDP as tests see it: the emulated network and real loopback give the same shape. */
import { createSocket } from "node:dgram";

export interface UdpAddress {
  readonly address: string;
  readonly port: number;
}

export interface UdpSocket extends UdpAddress {
  /** `bytes` may be reused at once by the caller. */
  send(bytes: Uint8Array, to: UdpAddress): void;
  /** Idempotent. Nothing is delivered after it. */
  close(): void;
}

export interface UdpBinding {
  /** Default: the network's own address. */
  readonly address?: string | undefined;
  /** 0 or undefined: any free one. */
  readonly port?: number | undefined;
  /** `bytes` belong to the receiver. */
  readonly onPacket: (bytes: Uint8Array, from: UdpAddress) => void;
}

export interface UdpNetwork {
  /** Rejects with an error of code EADDRINUSE when the port is taken. */
  bind(binding: UdpBinding): Promise<UdpSocket>;
}

/** Real UDP on 127.0.0.1, for the few tests that use sockets. */
export const loopbackUdp: UdpNetwork = {
  bind: (binding) =>
    new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      let isClosed = false;
      socket.on("message", (bytes, from) => {
        if (!isClosed) binding.onPacket(Uint8Array.from(bytes), { address: from.address, port: from.port });
      });
      socket.once("error", reject);
      socket.bind({ address: binding.address ?? "127.0.0.1", port: binding.port ?? 0, exclusive: true }, () => {
        const { address, port } = socket.address();
        resolve({
          address,
          port,
          send: (bytes, to) => {
            if (!isClosed) socket.send(Uint8Array.from(bytes), to.port, to.address);
          },
          close: () => {
            if (isClosed) return;
            isClosed = true;
            socket.close();
          },
        });
      });
    }),
};
