/** Serves the app on a socket, with limits that a slow or silent client cannot stretch. */
import { createServer } from "node:http";
import { createAdaptorServer } from "@hono/node-server";

/** Whole header section within 10 s, whole request within 30 s. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HEADER_BYTES = 16_384;
/** Longer than common proxies keep idle connections, so that they and not we close them. */
const KEEP_ALIVE_MS = 75_000;
/** How often Node looks for connections over their time. */
const CHECK_EVERY_MS = 2_000;
/** What running requests get at the end before their connections are cut. */
const CLOSE_GRACE_MS = 5_000;

export interface Listening {
  /** The TCP port, for `port: 0`. */
  readonly port: number;
  /** Takes no new connections, lets running requests end, cuts what is left after 5 s. */
  close(): Promise<void>;
}

/** Rejects with Node's error (EADDRINUSE, EACCES, …) when the address cannot be had. */
export function listen(
  fetch: (request: Request) => Promise<Response> | Response,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const server = createAdaptorServer({
    fetch,
    createServer,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      maxHeaderSize: HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    },
  });
  const close = (): Promise<void> =>
    new Promise((done) => {
      const cut = setTimeout(() => {
        if ("closeAllConnections" in server) server.closeAllConnections();
      }, CLOSE_GRACE_MS);
      server.close(() => {
        clearTimeout(cut);
        done();
      });
    });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve({ port: typeof address === "object" && address !== null ? address.port : port, close });
    });
  });
}
