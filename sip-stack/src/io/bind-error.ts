/** Why a listener could not be bound, said so that the operator knows what to change. */
import { CodedError, messageOf } from "@voepy/base";
import { hopText } from "../ua/hop.ts";
import type { Listener } from "../ua/types.ts";

export function bindError(listener: Listener, thrown: unknown): CodedError {
  const code = codeOf(thrown);
  const where = hopText(listener);
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is taken by another program: stop it, or set another SIP port`,
    EADDRNOTAVAIL: `${where}: this machine has no such address: set one of its own, or 0.0.0.0 for all`,
    EACCES: `${where}: not allowed to bind: ports below 1024 need CAP_NET_BIND_SERVICE, or set a higher port`,
  };
  const message = hints[code] ?? `${where} cannot be bound: ${messageOf(thrown)}`;
  return new CodedError("internal_error", message, {
    details: { transport: listener.transport, address: listener.host, port: listener.port, reason: code },
    cause: thrown,
  });
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}
