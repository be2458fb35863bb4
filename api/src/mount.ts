/** Turns the route table into Hono routes: key, rate, body, idempotency, work, answer; in this order for every route. */
import { CodedError, type Log, type LogFields, messageOf } from "@voepy/base";
import type { Context, Hono } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import type { Bearer } from "./middleware/bearer.ts";
import { jsonBody } from "./middleware/body.ts";
import { checkedKey, type FirstAnswer, type Idempotency, type StoredAnswer } from "./middleware/idempotency.ts";
import { uploadBody } from "./middleware/upload.ts";
import { refusalOf } from "./refusal.ts";
import type { Answer, ApiEnv, KeyedRoute, Route } from "./route.ts";

export interface Gates {
  readonly bearer: Bearer;
  readonly limit: (c: Context<ApiEnv>, keyId: string) => void;
  readonly idempotency: Idempotency;
  readonly isDraining: () => boolean;
  readonly log: Log;
}

export function mount(app: Hono<ApiEnv>, routes: readonly Route[], gates: Gates): void {
  for (const route of routes) {
    const respond = route.kind === "public" ? route.respond : (c: Context<ApiEnv>) => answerKeyed(c, route, gates);
    app.on(route.method.toUpperCase(), honoPath(route.path), respond);
  }
  // After all methods of all paths, so that only a method no route has comes this far.
  for (const [path, allow] of allowedMethods(routes))
    app.all(honoPath(path), (c) => {
      c.header("allow", allow);
      throw new CodedError("method_not_allowed", `${c.req.method} is not possible here: ${allow}`);
    });
}

/** RFC 9110 §10.2.1: what `Allow` says, by path. */
function allowedMethods(routes: readonly Route[]): Map<string, string> {
  const byPath = Map.groupBy(routes, (route) => route.path);
  return new Map(
    [...byPath].map(([path, here]) => [
      path,
      here.flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()])).join(", "),
    ]),
  );
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

async function answerKeyed(c: Context<ApiEnv>, route: KeyedRoute, gates: Gates): Promise<Response> {
  const apiKey = await gates.bearer.authenticate(c);
  const { tenantId } = apiKey;
  c.set("tenantId", tenantId);
  gates.limit(c, apiKey.id);
  gates.bearer.demand(c, apiKey, route.scope);
  const input = await inputOf(c, route);
  const run = route.prepare(input);
  const part = (name: string): string => c.req.param(name) ?? "";
  const header = (name: string): string | undefined => c.req.header(name);
  const idempotency = slotOf(c, route);
  const act = async (): Promise<Answer> => {
    if (route.opensCall && gates.isDraining())
      throw new CodedError("draining", "this server is going down and takes no new calls");
    const answer = await run({ tenantId, key: apiKey, id: part("id"), part, header, idempotency });
    // What changes something leaves a line; reading does not.
    if (route.method !== "get")
      gates.log.info("api request", { ...requestFields(c), keyId: apiKey.id, status: answer.status, ...answer.logged });
    return answer;
  };
  if (idempotency === undefined) return sendAnswer(c, await act());
  const settle = (): Promise<FirstAnswer> => act().then(textOf, (thrown: unknown) => refused(c, thrown, gates));
  const answer = await gates.idempotency.once({ tenantId, ...idempotency, body: input }, settle);
  if (answer.isReplay) c.header("idempotent-replayed", "true");
  return send(c, answer);
}

function inputOf(c: Context<ApiEnv>, route: KeyedRoute): Promise<unknown> | Record<string, unknown> {
  if (route.body === "none") return queryOf(c);
  return route.body === "upload" ? uploadBody(c) : jsonBody(c);
}

function textOf({ status, json, replayed }: Answer): FirstAnswer {
  const first = { status, body: json === undefined ? "" : JSON.stringify(json) };
  return replayed === undefined ? first : { ...first, later: { status, body: JSON.stringify(replayed) } };
}

/** A refusal as an answer that can be stored; `Retry-After` and the like go on the response of this request only. */
function refused(c: Context<ApiEnv>, thrown: unknown, gates: Gates): StoredAnswer {
  const refusal = refusalOf(thrown, c.get("requestId"));
  reportFailure(c, thrown, refusal.status, gates.log);
  for (const [name, value] of Object.entries(refusal.headers)) c.header(name, value);
  return { status: refusal.status, body: refusal.body };
}

/** Refusals are the client's business; only what is broken on our side is worth a line for the operator. */
export function reportFailure(c: Context<ApiEnv>, thrown: unknown, status: number, log: Log): void {
  if (status !== 500) return;
  log.error("request failed", {
    ...requestFields(c),
    error: thrown instanceof Error ? thrown : messageOf(thrown),
    cause: thrown instanceof Error ? thrown.cause : undefined,
  });
}

function requestFields(c: Context<ApiEnv>): LogFields {
  return { requestId: c.get("requestId"), tenantId: c.get("tenantId"), method: c.req.method, path: c.req.path };
}

function slotOf(c: Context<ApiEnv>, route: KeyedRoute): { path: string; key: string } | undefined {
  const key = route.method === "post" ? c.req.header("idempotency-key") : undefined;
  return key === undefined ? undefined : { path: c.req.path, key: checkedKey(key) };
}

/** One text a name; a name given twice stays a list, which no schema takes. */
function queryOf(c: Context<ApiEnv>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function sendAnswer(c: Context<ApiEnv>, answer: Answer): Response {
  const { file, stream } = answer;
  if (stream !== undefined) return sendStream(c, stream);
  return file === undefined ? send(c, textOf(answer)) : sendFile(c, file);
}

function sendFile(c: Context<ApiEnv>, { bytes, mediaType, name }: NonNullable<Answer["file"]>): Response {
  c.header("content-type", mediaType);
  c.header("content-disposition", `attachment; filename="${name}"`);
  c.header("cache-control", "private, no-store");
  c.header("x-content-type-options", "nosniff");
  return c.body(Uint8Array.from(bytes));
}

function sendStream(c: Context<ApiEnv>, { body, mediaType }: NonNullable<Answer["stream"]>): Response {
  c.header("content-type", mediaType);
  c.header("cache-control", "private, no-store");
  // Proxies that gather what they pass on would hold events back.
  c.header("x-accel-buffering", "no");
  // When it ends so does its connection: one that stayed open would hold up a server that goes down.
  c.header("connection", "close");
  if (c.req.method !== "HEAD") return c.newResponse(body);
  // Nobody will read it.
  void body.cancel();
  return c.body(null);
}

/** Hono's typed `json` cannot carry text that is already JSON, and an idempotent answer is kept as text. */
export function send(c: Context<ApiEnv>, { status, body }: StoredAnswer): Response {
  if (body !== "") c.header("content-type", "application/json; charset=UTF-8");
  // Stored answers were ours once, so their numbers are statuses.
  return c.newResponse(body === "" ? null : body, { status: status as StatusCode });
}
