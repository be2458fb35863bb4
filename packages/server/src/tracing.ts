/** Where every SIP message of the endpoint goes besides its work: the traces of calls, and a HEP collector when one is set. */
import type { Log } from "@voepy/base";
import { Traces } from "@voepy/call-control";
import type { TracedMessage } from "@voepy/sip-stack";
import type { Config } from "./config-schema.ts";
import { startHep } from "./io/hep.ts";
import type { Outside } from "./outside.ts";

export interface Tracing {
  readonly traces: Traces;
  readonly message: (message: TracedMessage) => void;
  /** Prometheus series without their prefix. */
  counters(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export function startTracing(config: Config, outside: Outside, log: Log): Tracing {
  const traces = new Traces();
  const { hep: settings } = config.sip;
  const hep =
    settings === undefined
      ? undefined
      : startHep({ ...settings, captureId: settings.capture_id, clock: outside.clock, log });
  return {
    traces,
    message:
      hep === undefined
        ? (message) => traces.add(message)
        : (message) => {
            traces.add(message);
            hep.send(message);
          },
    counters() {
      const { calls, call_ids, bytes } = traces.counters();
      const sent = hep?.counters();
      return {
        trace_calls: calls ?? 0,
        trace_call_ids: call_ids ?? 0,
        trace_bytes: bytes ?? 0,
        ...(sent && { hep_sent_total: sent.sent, hep_dropped_total: sent.dropped, hep_refused_total: sent.refused }),
      };
    },
    close: async () => hep?.close(),
  };
}
