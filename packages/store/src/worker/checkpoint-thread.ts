/** The thread of checkpointer.ts: copies what is in the WAL into the database each time it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import { openForCheckpoints } from "../db.ts";

const port = parentPort;
if (port === null || typeof workerData !== "string") throw new Error("to be started by checkpointer.ts");
const database = openForCheckpoints(workerData);

port.on("message", (order: "checkpoint" | "stop") => {
  if (order === "stop") {
    database.close();
    port.close();
    return;
  }
  database.checkpoint();
  port.postMessage("done");
});
