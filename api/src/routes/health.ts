/** What load balancers and monitors ask: alive, taking traffic, how much of what. */
import { publicRoute, type Route } from "../route.ts";

export interface HealthServices {
  readonly isDraining: () => boolean;
  readonly isReady: () => boolean;
  /** Prometheus series by name, labels included: `voepy_calls_live`, `voepy_calls_total{direction="inbound"}`. */
  readonly metrics: () => Promise<Readonly<Record<string, number>>>;
}

export function healthRoutes({ isDraining, isReady, metrics }: HealthServices): Route[] {
  const tag = "Operation";
  return [
    publicRoute({
      method: "get",
      path: "/healthz",
      doc: {
        operationId: "healthz",
        summary: "The process answers",
        tag,
        success: { status: 200, mediaType: "application/json" },
        refusals: [],
      },
      respond: (c) => c.json({ status: "ok" }),
    }),
    publicRoute({
      method: "get",
      path: "/readyz",
      doc: {
        operationId: "readyz",
        summary: "200 while new calls are taken, else 503",
        tag,
        success: { status: 200, mediaType: "application/json" },
        refusals: [],
      },
      respond(c) {
        if (isDraining()) return c.json({ status: "draining" }, 503);
        return isReady() ? c.json({ status: "ready" }) : c.json({ status: "starting" }, 503);
      },
    }),
    publicRoute({
      method: "get",
      path: "/metrics",
      doc: {
        operationId: "metrics",
        summary: "Counters and gauges in the Prometheus text format",
        tag,
        success: { status: 200, mediaType: "text/plain" },
        refusals: [],
      },
      respond: async (c) => c.text(prometheusText(await metrics()), 200, { "content-type": PROMETHEUS_TYPE }),
    }),
  ];
}

const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Series of one name stand together below their type: a name that ends in `_total` counts, any other is a gauge. */
export function prometheusText(series: Readonly<Record<string, number>>): string {
  const families = Map.groupBy(Object.entries(series), ([name]) => name.replace(/\{.*$/, ""));
  return [...families]
    .flatMap(([family, rows]) => [
      `# TYPE ${family} ${family.endsWith("_total") ? "counter" : "gauge"}`,
      ...rows.map(([name, value]) => `${name} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join("");
}
