/**
 * A route is data plus one function. The same table makes the Hono routes, the `Allow` of a 405 and the OpenAPI
 * document, so none of them can say something the others do not.
 */
import type { ErrorCode, LogFields } from "@voepy/base";
import type { Context } from "hono";
import { z } from "zod";
import type { ResourceName } from "./openapi/resources.ts";
import { parseInput } from "./problems.ts";

export type Scope =
  | "calls:read"
  | "calls:write"
  | "recordings:read"
  | "recordings:write"
  | "config:read"
  | "config:write"
  | "admin";

/** What Hono carries from one middleware to the next. */
export interface ApiEnv {
  Variables: { requestId: string; tenantId: string | undefined; isBodyRead: boolean | undefined };
}

/** The key a request came with. */
export interface RequestKey {
  readonly id: string;
  /** Empty for the admin key, which is of no tenant. */
  readonly tenantId: string;
  readonly scopes: readonly string[];
  /** False once it was deleted or has expired: what goes on for long asks again. */
  isValid(): Promise<boolean>;
}

/** What a route's function is told. */
export interface Asked<Input> {
  readonly tenantId: string;
  readonly key: RequestKey;
  /** The `{id}` of the path; empty where the path has none. */
  readonly id: string;
  /** A further `{name}` of the path. */
  part(name: string): string;
  header(name: string): string | undefined;
  /** The query of a GET or DELETE, the body of any other, as parsed by the route's schema. */
  readonly input: Input;
  /** The slot the answer is kept under, when the client sent an Idempotency-Key. */
  readonly idempotency: { readonly path: string; readonly key: string } | undefined;
}

export interface Answer {
  readonly status: 200 | 201 | 204;
  /** Neither this nor a file or stream: no body, for 204. */
  readonly json?: unknown;
  /** What a repeated Idempotency-Key is shown instead of `json`: without secrets that are shown once and kept nowhere. */
  readonly replayed?: unknown;
  /** A body that is not JSON: of a GET only. `name` is what a browser saves it as. */
  readonly file?: { readonly bytes: Uint8Array; readonly mediaType: string; readonly name: string };
  /** A body that goes on: of a GET only. */
  readonly stream?: { readonly body: ReadableStream<Uint8Array>; readonly mediaType: string };
  /** What the request's line in the log says besides who, what and which request. */
  readonly logged?: LogFields;
}

/** How a route shows in the OpenAPI document. */
export interface RouteDoc {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly tag: string;
  /** A JSON answer has a schema, any other body a media type, 204 neither. */
  readonly success: {
    readonly status: 200 | 201 | 204;
    readonly schema?: ResourceName | undefined;
    readonly mediaType?: string | undefined;
  };
  /** Names of the required query parameters of a public route. */
  readonly query?: readonly string[] | undefined;
  /** Codes this route can refuse with, beside those every route of its kind has. */
  readonly refusals: readonly ErrorCode[];
  /** A request body by name, as the reference shows it. */
  readonly examples?: Readonly<Record<string, unknown>> | undefined;
}

export type BodyKind = "none" | "json" | "upload";

interface RouteHead {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** With `{id}` as OpenAPI writes it. */
  readonly path: string;
}

/** JSON in and out, behind an API key. */
export interface KeyedRoute extends RouteHead {
  readonly kind: "keyed";
  readonly doc: RouteDoc;
  readonly scope: Scope;
  readonly schema: z.ZodType;
  readonly body: BodyKind;
  /** Refused with 503 while the server drains. */
  readonly opensCall: boolean;
  /** Throws `invalid_request`; what it returns does the work, so that nothing is done for a wrong request. */
  prepare(input: unknown): (asked: Omit<Asked<unknown>, "input">) => Promise<Answer>;
}

/** No key: health, documents, signed downloads. */
export interface PublicRoute extends RouteHead {
  readonly kind: "public";
  /** Absent: the route is not part of the document. */
  readonly doc?: RouteDoc | undefined;
  respond(c: Context<ApiEnv>): Promise<Response> | Response;
}

export type Route = KeyedRoute | PublicRoute;

/** For routes that take neither query nor body. */
export const nothing = z.strictObject({});

export function keyedRoute<Input>(
  spec: RouteHead & {
    readonly doc: RouteDoc;
    readonly scope: Scope;
    readonly input: z.ZodType<Input>;
    readonly opensCall?: boolean;
    /** The body may be a form with a file. */
    readonly takesUpload?: boolean;
    run(asked: Asked<Input>): Promise<Answer>;
  },
): KeyedRoute {
  const body = spec.takesUpload ? "upload" : spec.method === "get" || spec.method === "delete" ? "none" : "json";
  return {
    kind: "keyed",
    method: spec.method,
    path: spec.path,
    doc: spec.doc,
    scope: spec.scope,
    schema: spec.input,
    body,
    opensCall: spec.opensCall ?? false,
    prepare(raw) {
      const input = parseInput(spec.input, raw, body === "none" ? "query" : "body");
      return (asked) => spec.run({ ...asked, input });
    },
  };
}

export function publicRoute(spec: Omit<PublicRoute, "kind">): PublicRoute {
  return { kind: "public", ...spec };
}
