/** Non-INVITE server transaction: RFC 3261 §17.2.2 and figure 8. */
import { absorb, go, stay, type Table } from "./table.ts";

export const server: Table = {
  trying: {
    request: absorb,
    provisional: go("proceeding", "send"),
    success: go("completed", "send", { arm: "J" }),
    failure: go("completed", "send", { arm: "J" }),
  },
  proceeding: {
    request: stay("resend"),
    provisional: stay("send"),
    success: go("completed", "send", { arm: "J" }),
    failure: go("completed", "send", { arm: "J" }),
    sendFailed: go("terminated"),
  },
  completed: {
    request: stay("resend"),
    timerJ: go("terminated"),
    sendFailed: go("terminated"),
  },
};
