import { verbs } from "@voepy/call-control";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { errorStatus } from "../src/index.ts";
import { makeWorld, type World } from "./world.ts";

/** OpenAPI 3.1 as far as we use it; anything else in the document fails. */
const anySchema = z.record(z.string(), z.unknown());
const content = z.record(
  z.string(),
  z.strictObject({
    schema: anySchema,
    examples: z.record(z.string(), z.strictObject({ value: z.unknown() })).optional(),
  }),
);
const operation = z.strictObject({
  operationId: z.string(),
  summary: z.string().min(1),
  description: z.string().optional(),
  tags: z.array(z.string()).length(1),
  security: z.array(z.never()).optional(),
  "x-scope": z.string().optional(),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        in: z.enum(["path", "query", "header"]),
        required: z.literal(true).optional(),
        description: z.string().optional(),
        schema: anySchema,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z.record(
    z.string().regex(/^[2-5]\d\d$/),
    z.strictObject({ description: z.string(), content: content.optional() }),
  ),
});
const document = z.object({
  openapi: z.literal("3.1.0"),
  info: z.strictObject({
    title: z.literal("voepy"),
    version: z.literal("0.1.0"),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  security: z.tuple([z.strictObject({ apiKey: z.tuple([]) })]),
  tags: z.array(z.strictObject({ name: z.string() })),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(z.enum(["get", "post", "put", "patch", "delete"]), operation),
  ),
  components: z.strictObject({
    securitySchemes: z.strictObject({
      apiKey: z.strictObject({ type: z.literal("http"), scheme: z.literal("bearer") }),
    }),
    schemas: z.record(z.string(), anySchema),
  }),
});

let world: World;
let text = "";
let spec: z.output<typeof document>;
beforeAll(async () => {
  world = await makeWorld();
  text = await (await world.api.app.request("/openapi.json")).text();
  spec = document.parse(JSON.parse(text));
});
afterAll(() => world.close());

const operations = () =>
  Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, ...described })),
  );

describe("the OpenAPI document", () => {
  test("refers only to what it holds", () => {
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? "");
    expect(references.length).toBeGreaterThan(50);
    for (const name of references) expect(spec.components.schemas).toHaveProperty(name);
    expect(text.match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull();
    expect(text).not.toContain("$defs");
  });

  test("names every operation once and declares every parameter of its path", () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters = [] } of operations()) {
      const declared = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
      expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  test("has every verb, with a body", () => {
    for (const { name } of verbs) {
      const described = spec.paths[`/v1/calls/{id}/actions/${name}`]?.post;
      expect(described?.operationId).toBe(name);
      expect(described?.requestBody?.content["application/json"]?.schema).toBeDefined();
      expect(Object.keys(described?.responses ?? {})).toEqual(
        expect.arrayContaining(["200", "400", "401", "404", "409"]),
      );
    }
  });

  test("describes the dial with the example of the reference", () => {
    const body = spec.paths["/v1/calls"]?.post?.requestBody;
    expect(body?.required).toBe(true);
    expect(body?.content["application/json"]?.examples?.dial?.value).toMatchObject({
      customer_reference: "cart-abc-123",
    });
    expect(spec.components.schemas.DialRequest).toMatchObject({
      required: ["from", "to"],
      additionalProperties: false,
    });
  });

  test("gives every refusal the one envelope, with every code there is", () => {
    for (const { responses } of operations())
      for (const [status, response] of Object.entries(responses))
        if (Number(status) >= 400)
          expect(response.content?.["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/Error" });
    expect(JSON.stringify(spec.components.schemas.Error)).toContain(
      Object.keys(errorStatus)
        .map((code) => `"${code}"`)
        .join(","),
    );
  });

  test("says which paths need a key and which scope", () => {
    for (const { path, security, "x-scope": scope } of operations()) {
      const isPublic = !path.startsWith("/v1") || path.endsWith("/download");
      expect([path, security]).toEqual([path, isPublic ? [] : undefined]);
      expect([path, scope === undefined]).toEqual([path, isPublic]);
    }
  });

  test("describes only what is served, and refuses strangers everywhere else", async () => {
    for (const { path, method, operationId } of operations()) {
      const answer = await world.api.app.request(path.replaceAll(/\{\w+\}/g, "none"), { method: method.toUpperCase() });
      const isPublic = !path.startsWith("/v1");
      const expected = isPublic ? 200 : operationId === "downloadRecording" ? 403 : 401;
      expect([operationId, answer.status]).toEqual([operationId, expected]);
    }
  });
});

describe("/docs", () => {
  test("loads nothing from anywhere else", async () => {
    const page = await world.api.app.request("/docs");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? "");
    expect(links.length).toBe(4);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      const file = await world.api.app.request(link);
      expect([link, file.status]).toEqual([link, 200]);
      expect((await file.bytes()).length).toBeGreaterThan(50);
    }
  });

  test("gives no other file of the machine", async () => {
    for (const path of ["/docs/package.json", "/docs/..%2fpackage.json", "/docs/swagger-ui-bundle.js.map"])
      expect((await world.api.app.request(path)).status).toBe(404);
  });
});
