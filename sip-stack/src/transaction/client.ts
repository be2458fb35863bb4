/** Non-INVITE client transaction: RFC 3261 §17.1.2.2 and figure 6. */
import { absorb, go, stay, type Table } from "./table.ts";

export const client: Table = {
  trying: {
    timerE: stay("resend", { rearm: "E" }),
    timerF: go("terminated", "timeout"),
    provisional: go("proceeding", "pass"),
    success: go("completed", { stop: "E" }, { stop: "F" }, { arm: "K" }, "pass"),
    failure: go("completed", { stop: "E" }, { stop: "F" }, { arm: "K" }, "pass"),
    sendFailed: go("terminated", "unreachable"),
  },
  // A provisional slows retransmission down to T2 but does not end it.
  proceeding: {
    timerE: stay("resend", { rearmAtCap: "E" }),
    timerF: go("terminated", "timeout"),
    provisional: stay("pass"),
    success: go("completed", { stop: "E" }, { stop: "F" }, { arm: "K" }, "pass"),
    failure: go("completed", { stop: "E" }, { stop: "F" }, { arm: "K" }, "pass"),
    sendFailed: go("terminated", "unreachable"),
  },
  completed: {
    success: absorb,
    failure: absorb,
    timerK: go("terminated"),
  },
};
