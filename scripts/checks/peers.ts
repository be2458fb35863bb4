/** Foreign programs that the interop tests talk to, fetched where that is possible; where not, those tests are skipped by name. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runStep } from "./step.ts";

/** Command → Debian package. */
const PEERS: Readonly<Record<string, string>> = {
  sipp: "sip-tester",
  baresip: "baresip-core",
  kamailio: "kamailio",
  ffmpeg: "ffmpeg",
};
const LIMIT_MS = 180_000;

export function hasCommand(command: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/** Installs the missing ones with apt-get when we are root; says what stays missing. */
export async function installPeers(root: string): Promise<void> {
  const missing = Object.keys(PEERS).filter((command) => !hasCommand(command));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && hasCommand("apt-get")) {
    const packages = missing.map((command) => PEERS[command] ?? command);
    process.env.DEBIAN_FRONTEND = "noninteractive";
    const apt = { cwd: root, command: "apt-get", limitMs: LIMIT_MS };
    await runStep({ ...apt, name: "package lists", args: ["-qq", "update"] });
    await runStep({
      ...apt,
      name: `install ${packages.join(" ")}`,
      args: ["-qq", "-y", "--no-install-recommends", "install", ...packages],
    });
  }
  const stillMissing = missing.filter((command) => !hasCommand(command));
  if (stillMissing.length > 0) console.log(`without ${stillMissing.join(", ")}: the tests that need them are skipped`);
}
