/** Binding and closing a server socket, the same for TCP, TLS, WS and WSS. */
import type { Server } from "node:net";
import type { Listener } from "../ua/types.ts";
import { bindError } from "./bind-error.ts";

/** Rejects with a CodedError that says what to do. */
export function listenOn(server: Server, listener: Listener): Promise<void> {
  return new Promise((done, fail) => {
    const onError = (error: Error): void => fail(bindError(listener, error));
    server.once("error", onError);
    // One address family a listener, so that 0.0.0.0 and :: may both have the port.
    server.listen({ host: listener.host, port: listener.port, exclusive: true, ipv6Only: true }, () => {
      server.off("error", onError);
      done();
    });
  });
}

export function boundAddress(server: Server): { readonly address: string; readonly port: number } {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a listener has an address and a port");
  return { address: bound.address, port: bound.port };
}

export function stopServer(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
