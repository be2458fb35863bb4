/** Counts answers for /metrics, by method and class of status: few series, whatever is asked. */
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../route.ts";

/** Methods are text from outside; others than these are one series. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

export interface AnswerCount {
  readonly middleware: MiddlewareHandler<ApiEnv>;
  /** As Prometheus series. */
  series(): Readonly<Record<string, number>>;
}

export function countAnswers(): AnswerCount {
  const counts: Record<string, number> = {};
  return {
    async middleware(c, next) {
      await next();
      const method = METHODS.has(c.req.method) ? c.req.method : "other";
      const name = `voepy_http_requests_total{method="${method}",status="${Math.floor(c.res.status / 100)}xx"}`;
      counts[name] = (counts[name] ?? 0) + 1;
    },
    series: () => counts,
  };
}
