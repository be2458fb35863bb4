/**
 * The form of the four transaction machines: state × input → next state and actions, all data, so that a table can be
 * laid beside the figure of RFC 3261 §17 and printed. `layer.ts` carries the actions out.
 */
import type { TimerName } from "./timers.ts";

export type State = "calling" | "trying" | "proceeding" | "accepted" | "completed" | "confirmed" | "terminated";

export type Input =
  | `timer${TimerName}`
  /** A client's responses, or what a server's user wants sent: 1xx, 2xx, 3xx–6xx. */
  | "provisional"
  | "success"
  | "failure"
  /** The same request again, at a server. */
  | "request"
  | "ack"
  | "sendFailed";

export type Action =
  /** Send what came with the input and keep it for `resend`. */
  | "send"
  | "resend"
  /** Hand to the transaction's user. */
  | "pass"
  /** ACK to a 3xx–6xx, hop by hop (§17.1.1.3). */
  | "ack"
  /** Tell the user: nobody answered. */
  | "timeout"
  /** Tell the user: the transport gave up. */
  | "unreachable"
  | { readonly arm: TimerName }
  /** Arm again at twice the last interval, within the timer's cap. */
  | { readonly rearm: TimerName }
  /** Arm again at the timer's cap. */
  | { readonly rearmAtCap: TimerName }
  | { readonly stop: TimerName };

export interface Cell {
  /** `undefined`: the state stays. */
  readonly to: State | undefined;
  readonly actions: readonly Action[];
}

/** A missing cell means: ignore. */
export type Table = Readonly<Partial<Record<State, Readonly<Partial<Record<Input, Cell>>>>>>;

export const go = (to: State, ...actions: Action[]): Cell => ({ to, actions });
export const stay = (...actions: Action[]): Cell => ({ to: undefined, actions });
/** Written out where ignoring is the RFC's decision and not an omission. */
export const absorb: Cell = { to: undefined, actions: [] };

/** The table as Markdown, one row a cell, for the tests and for eyes. */
export function markdownOf(table: Table): string {
  const rows = ["| state | input | next | actions |", "|---|---|---|---|"];
  for (const [state, inputs] of Object.entries(table)) {
    for (const [input, cell] of Object.entries(inputs)) {
      const nothing = cell.to === undefined ? "absorb" : "–";
      rows.push(`| ${state} | ${input} | ${cell.to ?? "·"} | ${cell.actions.map(actionText).join(", ") || nothing} |`);
    }
  }
  return rows.join("\n");
}

function actionText(action: Action): string {
  if (typeof action === "string") return action;
  return Object.entries(action)
    .map(([verb, timer]) => `${verb} ${timer}`)
    .join(" ");
}
