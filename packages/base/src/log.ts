/**
 * One line per fact, fields not prose. Call and leg ids always; numbers of callers shortened; bodies, keys,
 * digits and credentials never. Text from the network goes into fields, where JSON escapes it.
 */
import { pino } from "pino";
import pretty from "pino-pretty";

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(fact: string, fields?: LogFields): void;
  info(fact: string, fields?: LogFields): void;
  warn(fact: string, fields?: LogFields): void;
  error(fact: string, fields?: LogFields): void;
  /** The same log with `fields` on every line. */
  with(fields: LogFields): Log;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Longest text of one field, in characters: hostile headers must not fill the disk. */
const FIELD_CHARS = 256;

export function makeLog(options: { level: LogLevel; format: "pretty" | "json" }): Log {
  const stream =
    options.format === "pretty"
      ? pretty({ ignore: "pid,hostname", sync: true, singleLine: true })
      : pino.destination({ fd: 1, sync: true });
  return wrap(pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream));
}

type Line = (fields: LogFields, fact: string) => void;
interface Sink {
  debug: Line;
  info: Line;
  warn: Line;
  error: Line;
  child(fields: LogFields): Sink;
}

function wrap(sink: Sink): Log {
  return {
    debug: (fact, fields = {}) => sink.debug(bounded(fields), fact),
    info: (fact, fields = {}) => sink.info(bounded(fields), fact),
    warn: (fact, fields = {}) => sink.warn(bounded(fields), fact),
    error: (fact, fields = {}) => sink.error(bounded(fields), fact),
    with: (fields) => wrap(sink.child(bounded(fields))),
  };
}

function bounded(fields: LogFields): LogFields {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Error) out[name] = value.stack ?? value.message;
    else
      out[name] = typeof value === "string" && value.length > FIELD_CHARS ? `${value.slice(0, FIELD_CHARS)}…` : value;
  }
  return out;
}

/** A log that says nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

/** A phone number or URI as the log may show it: enough to recognise, too little to call. */
export function shortNumber(number: string): string {
  return number.length <= 6 ? number : `${number.slice(0, number.length - 4).slice(0, 6)}…${number.slice(-2)}`;
}
