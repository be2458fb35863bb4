/** INVITE client transaction: RFC 3261 §17.1.1.2 and figure 5, with Accepted and timer M from RFC 6026 §7.2. */
import { absorb, go, stay, type Table } from "./table.ts";

export const inviteClient: Table = {
  calling: {
    timerA: stay("resend", { rearm: "A" }),
    timerB: go("terminated", "timeout"),
    provisional: go("proceeding", { stop: "A" }, { stop: "B" }, "pass"),
    success: go("accepted", { stop: "A" }, { stop: "B" }, { arm: "M" }, "pass"),
    failure: go("completed", { stop: "A" }, { stop: "B" }, { arm: "D" }, "ack", "pass"),
    sendFailed: go("terminated", "unreachable"),
  },
  proceeding: {
    provisional: stay("pass"),
    success: go("accepted", { arm: "M" }, "pass"),
    failure: go("completed", { arm: "D" }, "ack", "pass"),
  },
  completed: {
    failure: stay("ack"),
    provisional: absorb,
    timerD: go("terminated"),
    sendFailed: go("terminated"),
  },
  // RFC 6026 §7.2: every 2xx goes up, repeated or of another fork; the user sends the ACK.
  accepted: {
    success: stay("pass"),
    timerM: go("terminated"),
  },
};
