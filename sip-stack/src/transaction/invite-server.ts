/** INVITE server transaction: RFC 3261 §17.2.1 and figure 7, with Accepted and timer L from RFC 6026 §7.1. */
import { absorb, go, stay, type Table } from "./table.ts";

export const inviteServer: Table = {
  proceeding: {
    request: stay("resend"),
    provisional: stay("send"),
    success: go("accepted", "send", { arm: "L" }),
    failure: go("completed", "send", { arm: "G" }, { arm: "H" }),
    sendFailed: go("terminated", "unreachable"),
  },
  // RFC 6026 §7.1: the user repeats the 2xx; repeated INVITEs end here, the ACK goes up.
  accepted: {
    request: absorb,
    success: stay("send"),
    ack: stay("pass"),
    timerL: go("terminated"),
    sendFailed: absorb,
  },
  completed: {
    request: stay("resend"),
    timerG: stay("resend", { rearm: "G" }),
    timerH: go("terminated"),
    ack: go("confirmed", { stop: "G" }, { stop: "H" }, { arm: "I" }),
    sendFailed: go("terminated"),
  },
  confirmed: {
    request: absorb,
    ack: absorb,
    timerI: go("terminated"),
  },
};
