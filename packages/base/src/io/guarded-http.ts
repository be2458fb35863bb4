/**
 * HTTP to URLs that came from outside. Names are resolved inside the connection's own lookup, every address found is
 * judged there, and the socket connects to exactly what was judged: a name that answers differently a second later
 * (DNS rebinding) gains nothing. Literal addresses never reach a lookup, so they are judged before each hop.
 */
import { Agent, type Dispatcher } from "undici";
import { type Clock, systemClock } from "../clock.ts";
import { CodedError, messageOf } from "../errors.ts";
import { checkUrl, unreachableUrl } from "./check-url.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "./http-client.ts";
import { judgedLookup, type LookupOptions } from "./judged-lookup.ts";
import { readBody } from "./response-body.ts";

/** `allowPrivate` lets URLs reach loopback and private networks. */
export interface HttpClientOptions extends LookupOptions {
  readonly clock?: Clock;
}

/** Connections to one origin at a time; further requests wait for one. */
const CONNECTIONS_PER_ORIGIN = 128;
const CONNECT_TIMEOUT_MS = 10_000;
const HEADER_BYTES = 16_384;

export function makeHttpClient(options: HttpClientOptions): HttpClient {
  const clock = options.clock ?? systemClock;
  const agent = new Agent({
    connect: { lookup: judgedLookup(options), timeout: CONNECT_TIMEOUT_MS },
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    maxHeaderSize: HEADER_BYTES,
    // The request's own deadlines rule.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async fetch(request) {
      const deadlines = startDeadlines(clock, request);
      try {
        return await followRedirects(agent, request, options.allowPrivate, deadlines);
      } catch (thrown) {
        throw asUnreachable(deadlines.signal.aborted ? deadlines.signal.reason : thrown);
      } finally {
        deadlines.stop();
      }
    },
    close: () => agent.destroy(),
  };
}

interface Deadlines {
  readonly signal: AbortSignal;
  /** A response's head has come. */
  answered(): void;
  stop(): void;
}

function startDeadlines(clock: Clock, request: HttpRequest): Deadlines {
  const controller = new AbortController();
  const startedMs = clock.nowMs();
  const firstByteMs = request.firstByteMs ?? request.timeoutMs;
  const first = clock.schedule(startedMs + firstByteMs, () =>
    controller.abort(unreachableUrl(`no answer within ${firstByteMs} ms`)),
  );
  const whole = clock.schedule(startedMs + request.timeoutMs, () =>
    controller.abort(unreachableUrl(`not complete within ${request.timeoutMs} ms`)),
  );
  return {
    signal: controller.signal,
    answered: () => first.cancel(),
    stop: () => {
      first.cancel();
      whole.cancel();
    },
  };
}

interface Hop {
  readonly url: string;
  readonly method: HttpRequest["method"];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | undefined;
}

async function followRedirects(
  agent: Agent,
  request: HttpRequest,
  allowPrivate: boolean,
  deadlines: Deadlines,
): Promise<HttpResponse> {
  let hop: Hop = {
    url: request.url,
    method: request.method,
    headers: lowerCased(request.headers),
    body: request.body,
  };
  for (let redirects = 0; ; redirects++) {
    const url = checkUrl(hop.url, allowPrivate);
    const response = await send(agent, url, hop, deadlines.signal);
    const location = response.headers.location;
    const isRedirect = REDIRECTS.has(response.statusCode) && typeof location === "string";
    if (!isRedirect || request.maxRedirects === 0) {
      deadlines.answered();
      const headers = joined(response.headers);
      const body = await readBody(response.body, headers["content-encoding"], request);
      return { status: response.statusCode, headers, body, url: url.href };
    }
    // An unread body may be endless.
    response.body.on("error", () => undefined).destroy();
    if (redirects === request.maxRedirects) throw unreachableUrl(`more than ${request.maxRedirects} redirects`);
    hop = nextHop(hop, url, location, response.statusCode);
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function send(agent: Agent, url: URL, hop: Hop, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const headers: Record<string, string> = { "accept-encoding": "identity", ...hop.headers };
  if (url.username !== "" || url.password !== "") {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
  }
  return agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: hop.method,
    headers,
    body: hop.body ?? null,
    signal,
  });
}

/** RFC 9110 §15.4: 303 becomes GET, and so does a redirected POST of 301 and 302, as every browser has it. */
function nextHop(hop: Hop, from: URL, location: string, status: number): Hop {
  const to = URL.parse(location, from.href);
  if (!to) throw unreachableUrl("a redirect led to a malformed URL");
  const turnsGet = (status === 303 && hop.method !== "HEAD") || (status < 303 && hop.method === "POST");
  const dropped = new Set(turnsGet ? ["content-type", "content-length"] : []);
  // Credentials are for the origin they were given for.
  if (to.origin !== from.origin) for (const name of ["authorization", "cookie"]) dropped.add(name);
  return {
    url: to.href,
    method: turnsGet ? "GET" : hop.method,
    headers: Object.fromEntries(Object.entries(hop.headers).filter(([name]) => !dropped.has(name))),
    body: turnsGet ? undefined : hop.body,
  };
}

function asUnreachable(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  return unreachableUrl(messageOf(thrown) || "the connection failed", thrown);
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function joined(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const out: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return out;
}
