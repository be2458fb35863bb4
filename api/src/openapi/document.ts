/** The OpenAPI 3.1 document, made from the route table and the same schemas that parse requests. */
import type { ErrorCode } from "@voepy/base";
import { z } from "zod";
import { errorStatus } from "../error-status.ts";
import type { Route, RouteDoc } from "../route.ts";
import { resources } from "./resources.ts";

type Json = Record<string, unknown>;

const INTRODUCTION = `Places, answers and controls phone calls over SIP. Every path under \`/v1\` takes
\`Authorization: Bearer <key>\`; every refusal has the shape of \`Error\`, with a stable \`code\`. Lists are newest first
and paged by an opaque cursor. Times are RFC 3339 in UTC.`;

export function openApiDocument(routes: readonly Route[], version: string): Json {
  const schemas = schemaCollector();
  for (const resource of Object.values(resources)) schemas.jsonSchema(resource);
  const documented = routes.filter(isDocumented);
  const paths = Object.fromEntries(
    [...Map.groupBy(documented, (route) => route.path)].map(([path, here]) => [
      path,
      Object.fromEntries(here.map((route) => [route.method, operation(route, schemas)])),
    ]),
  );
  return {
    openapi: "3.1.0",
    info: { title: "voepy", version, description: INTRODUCTION, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    security: [{ apiKey: [] }],
    tags: [...new Set(documented.map((route) => route.doc.tag))].map((name) => ({ name })),
    paths,
    webhooks: { event: eventWebhook() },
    components: {
      securitySchemes: { apiKey: { type: "http", scheme: "bearer" } },
      schemas: schemas.all(),
    },
  };
}

type Documented = Route & { readonly doc: RouteDoc };

function isDocumented(route: Route): route is Documented {
  return route.doc !== undefined;
}

interface SchemaCollector {
  /** The schema as JSON Schema; what has a name goes to the components and is referred to. */
  jsonSchema(schema: z.ZodType): Json;
  all(): Json;
}

function schemaCollector(): SchemaCollector {
  const named: Json = {};
  return {
    jsonSchema(schema) {
      // What clients send is described, before defaults and transforms. A refinement has no JSON Schema.
      const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
      const { $schema: _dialect, $defs = {}, ...body } = inComponents(made);
      Object.assign(named, $defs);
      return body;
    },
    all: () => named,
  };
}

/** zod puts named schemas under `$defs` of each result; in an OpenAPI document they are components. */
function inComponents(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

function operation(route: Documented, schemas: SchemaCollector): Json {
  const { doc } = route;
  const parameters = [...pathParameters(route.path), ...otherParameters(route, schemas)];
  return {
    operationId: doc.operationId,
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    tags: [doc.tag],
    ...(route.kind === "public" ? { security: [] } : { "x-scope": route.scope }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.kind === "keyed" && route.body !== "none" ? { requestBody: requestBody(route, schemas) } : {}),
    responses: { ...success(doc), ...refusals(route) },
  };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  description: "Kept for 24 hours: the same request again gets the same answer and acts once",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

function otherParameters(route: Documented, schemas: SchemaCollector): Json[] {
  if (route.kind === "public")
    return (route.doc.query ?? []).map((name) => queryParameter(name, { type: "string" }, true));
  if (route.method === "post") return [IDEMPOTENCY_KEY];
  if (route.body !== "none") return [];
  const { properties = {} } = schemas.jsonSchema(route.schema) as { properties?: Record<string, Json> }; // of an object
  return Object.entries(properties).map(([name, schema]) => queryParameter(name, schema, false));
}

function queryParameter(name: string, schema: Json, required: boolean): Json {
  return { name, in: "query", ...(required ? { required } : {}), schema };
}

function requestBody(route: Extract<Route, { kind: "keyed" }>, schemas: SchemaCollector): Json {
  const { examples } = route.doc;
  return {
    // A verb without fields, or with optional ones only, may be posted without a body.
    required: !route.schema.safeParse({}).success,
    content: {
      "application/json": {
        schema: schemas.jsonSchema(route.schema),
        ...(examples === undefined
          ? {}
          : { examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])) }),
      },
      ...(route.body === "upload" ? { "multipart/form-data": { schema: UPLOAD } } : {}),
    },
  };
}

const UPLOAD: Json = {
  type: "object",
  properties: { name: { type: "string" }, file: { type: "string", format: "binary" } },
  required: ["name", "file"],
};

function success({ success: { status, schema, mediaType } }: RouteDoc): Json {
  const content =
    schema === undefined
      ? mediaType && { [mediaType]: { schema: { type: mediaType === "application/json" ? "object" : "string" } } }
      : { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
  return { [status]: { description: status === 204 ? "Done" : "Success", ...(content ? { content } : {}) } };
}

/** Refusals of every route behind a key, of every one with a body, and of every POST. */
const KEYED: readonly ErrorCode[] = ["invalid_request", "unauthorized", "forbidden", "rate_limited"];
const WITH_BODY: readonly ErrorCode[] = ["payload_too_large", "unsupported_media_type"];
const IDEMPOTENT: readonly ErrorCode[] = ["idempotency_key_in_use", "idempotency_key_reused"];

function refusals(route: Documented): Json {
  const codes: ErrorCode[] = [
    ...(route.kind === "keyed" ? KEYED : []),
    ...(route.kind === "keyed" && route.body !== "none" ? WITH_BODY : []),
    ...(route.method === "post" ? IDEMPOTENT : []),
    ...route.doc.refusals,
    "internal_error",
  ];
  return Object.fromEntries(
    [...Map.groupBy(new Set(codes), (code) => errorStatus[code])].map(([status, sameStatus]) => [
      String(status),
      {
        description: sameStatus.map((code) => `\`${code}\``).join(", "),
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    ]),
  );
}

function eventWebhook(): Json {
  return {
    post: {
      operationId: "receiveEvent",
      summary: "What your webhook endpoint receives",
      description: "Signed as Standard Webhooks say: webhook-id, webhook-timestamp, webhook-signature.",
      requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Event" } } } },
      responses: { "200": { description: "Any 2xx within 5 s counts as received" } },
    },
  };
}
