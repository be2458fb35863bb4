/**
 * kamailio as a registrar with one account, and as a proxy that stays in the dialog: what comes from the server goes to
 * the far end, all else to the server.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";

export const ACCOUNT = { username: "trunk", password: "keep-it" } as const;

export interface ProxyOptions {
  readonly port: number;
  readonly serverPort: number;
  readonly farPort: number;
}

/** Runs until it is stopped. */
export function startProxy(options: ProxyOptions): Child {
  const folder = mkdtempSync(join(tmpdir(), "voepy-kamailio-"));
  const file = join(folder, "kamailio.cfg");
  writeFileSync(file, configText(options));
  const child = startChild("kamailio", ["-f", file, "-DD", "-E", "-Y", folder, "-m", "64", "-M", "8"], { cwd: folder });
  return { ...child, ended: child.ended.finally(() => rmSync(folder, { recursive: true, force: true })) };
}

function configText({ port, serverPort, farPort }: ProxyOptions): string {
  return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:${port}
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
request_route {
  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK") && t_check_trans()) t_relay();
    else if (!is_method("ACK")) sl_send_reply("404", "Not Here");
    exit;
  }
  if (is_method("REGISTER")) {
    if ($au != "${ACCOUNT.username}" || !pv_www_authenticate("$td", "${ACCOUNT.password}", "0")) www_challenge("$td", "1");
    else save("location");
    exit;
  }
  if (!is_method("INVITE")) { sl_send_reply("200", "OK"); exit; }
  record_route();
  if ($sp == ${serverPort}) $du = "sip:127.0.0.1:${farPort}";
  else $du = "sip:127.0.0.1:${serverPort}";
  t_relay();
}
`;
}
