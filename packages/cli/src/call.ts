/** `voepy call TO`: dials through the API of a running server and tells what becomes of it, until it is over. */
import type { Clock } from "@voepy/base";
import { printable, type Terminal } from "./doctor.ts";

export interface CallWishes {
  readonly to: string;
  readonly from: string;
  readonly key: string;
  /** Such as `http://127.0.0.1:8080`. */
  readonly api: string;
}

export interface CallSurroundings {
  readonly clock: Clock;
  readonly out: Terminal;
  readonly err: Terminal;
  readonly fetch: typeof fetch;
  /** Calls `hangUp` when the person at the terminal wants the call to end. Returns what takes that back. */
  onInterrupt(hangUp: () => void): () => void;
}

const LOOK_EVERY_MS = 250;
/** Looks that may fail one after the other: a server that restarts is given this long. */
const MOST_FAILURES = 20;

/** Resolves with the exit status: 0 for a call that was answered, 1 for any other end. */
export async function runCall(wishes: CallWishes, surroundings: CallSurroundings): Promise<number> {
  const call = new DialledCall(wishes, surroundings);
  return call.run();
}

class ApiRefusal extends Error {}

class DialledCall {
  readonly #wishes: CallWishes;
  readonly #around: CallSurroundings;
  #id = "";
  #shown = 0;
  #firstMs: number | undefined;
  #wasAnswered = false;
  #isOver = false;

  constructor(wishes: CallWishes, around: CallSurroundings) {
    this.#wishes = wishes;
    this.#around = around;
  }

  async run(): Promise<number> {
    const { to, from } = this.#wishes;
    const { out, err, onInterrupt } = this.#around;
    try {
      const dialled = await this.#ask("POST", "/v1/calls", { from, to });
      this.#id = text(dialled, "id");
      out.write(`${this.#id} from ${from} to ${to}; Ctrl-C hangs up\n`);
    } catch (thrown) {
      err.write(`voepy: ${whyOf(thrown, this.#wishes.api)}\n`);
      return 1;
    }
    const quiet = onInterrupt(() => void this.#hangUp());
    try {
      return await this.#watch();
    } finally {
      quiet();
    }
  }

  async #watch(): Promise<number> {
    const { clock, err } = this.#around;
    for (let failures = 0; failures < MOST_FAILURES; ) {
      try {
        const { data } = await this.#ask("GET", `/v1/calls/${this.#id}/events`);
        for (const event of Array.isArray(data) ? data.slice(this.#shown) : []) this.#show(event);
        failures = 0;
      } catch (thrown) {
        failures += 1;
        if (failures === MOST_FAILURES) err.write(`voepy: ${whyOf(thrown, this.#wishes.api)}\n`);
      }
      if (this.#isOver) return this.#wasAnswered ? 0 : 1;
      await new Promise<void>((done) => clock.schedule(clock.nowMs() + LOOK_EVERY_MS, done));
    }
    return 1;
  }

  #show(event: Record<string, unknown>): void {
    this.#shown += 1;
    const type = text(event, "event_type");
    const atMs = Date.parse(text(event, "occurred_at"));
    this.#firstMs ??= atMs;
    const seconds = ((atMs - this.#firstMs) / 1000).toFixed(1).padStart(7);
    const data = record(event["data"]);
    this.#around.out.write(`${seconds} s  ${printable(type.replace(/^call\./, ""))}${detailOf(type, data)}\n`);
    if (type === "call.answered") this.#wasAnswered = true;
    if (type === "call.ended") this.#isOver = true;
  }

  async #hangUp(): Promise<void> {
    try {
      await this.#ask("POST", `/v1/calls/${this.#id}/actions/hangup`, {});
    } catch (thrown) {
      // Over already: its end is on its way to the screen.
      if (!(thrown instanceof ApiRefusal)) this.#around.err.write(`voepy: ${whyOf(thrown, this.#wishes.api)}\n`);
    }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.#around.fetch(`${this.#wishes.api.replace(/\/+$/, "")}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#wishes.key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = record(await answer.json());
    if (!answer.ok) {
      const error = record(json["error"]);
      throw new ApiRefusal(`${text(error, "message")} (${answer.status} ${text(error, "code")})`);
    }
    return json;
  }
}

/** What an event says beside its name, where it is short. */
function detailOf(type: string, data: Record<string, unknown>): string {
  const call = record(data["call"]);
  const words =
    type === "call.ended"
      ? [call["end_reason"], call["end_initiator"] && `by ${call["end_initiator"]}`, sipOf(call), durationOf(call)]
      : [data["digit"], data["reason"]];
  const said = words.filter((word) => typeof word === "string" && word !== "");
  return said.length === 0 ? "" : `: ${printable(said.join(", "))}`;
}

function sipOf({ sip_code: code, sip_reason: reason }: Record<string, unknown>): string {
  return typeof code === "number" ? `SIP ${code}${typeof reason === "string" ? ` ${reason}` : ""}` : "";
}

function durationOf({ duration_seconds: seconds }: Record<string, unknown>): string {
  return typeof seconds === "number" ? `${seconds} s` : "";
}

function whyOf(thrown: unknown, api: string): string {
  if (thrown instanceof ApiRefusal) return printable(thrown.message);
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return `${api} does not answer as voepy does: ${cause instanceof Error ? printable(cause.message) : String(cause)}`;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function text(value: Record<string, unknown>, name: string): string {
  const found = value[name];
  return typeof found === "string" ? found : "";
}
