/** Gives each request its id: the client's own when it is sane, else a new one; always returned as X-Request-Id. */
import type { MakeId } from "@voepy/base";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../route.ts";

/** Printable, safe in a log line and a header. */
const SANE = /^[\w.:-]{1,128}$/;

export function requestId(makeId: MakeId): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const id = given !== undefined && SANE.test(given) ? given : makeId("req");
    c.set("requestId", id);
    c.header("x-request-id", id);
    await next();
  };
}
