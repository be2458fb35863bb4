/**
 * Which of our addresses a peer sees: for Via and Contact of a listener on the wildcard address. By the subnets of the
 * interfaces first, then the interface of the default route, then the first that is not loopback.
 */
import { readFileSync } from "node:fs";
import { BlockList, isIP, isIPv6 } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/** Interfaces change rarely; asking the system costs more than a SIP message. */
const REREAD_EVERY_MS = 5_000;

interface OwnAddress {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  readonly isLoopback: boolean;
  readonly isDefault: boolean;
  readonly subnet: BlockList;
}

export class Facing {
  #own: readonly OwnAddress[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  readonly #cache = new Map<string, string>();

  /** Literal address of ours towards `peer`; for a host name the one of the default route. */
  towards(peer: string, nowMs: number): string {
    if (nowMs - this.#readAtMs > REREAD_EVERY_MS) {
      this.#own = ownAddresses();
      this.#readAtMs = nowMs;
      this.#cache.clear();
    }
    let address = this.#cache.get(peer);
    if (address === undefined) {
      address = this.#find(peer);
      // A flood of forged sources must not fill it.
      if (this.#cache.size < 1024) this.#cache.set(peer, address);
    }
    return address;
  }

  #find(peer: string): string {
    const family = isIPv6(peer) ? "ipv6" : "ipv4";
    const candidates = this.#own.filter((own) => own.family === family);
    const found =
      candidates.find((own) => isIP(peer) !== 0 && own.subnet.check(peer, family)) ??
      candidates.find((own) => own.isDefault) ??
      candidates.find((own) => !own.isLoopback) ??
      candidates[0];
    return found?.address ?? (family === "ipv6" ? "::1" : "127.0.0.1");
  }
}

function ownAddresses(): OwnAddress[] {
  const defaultName = defaultInterface();
  return Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
    (infos ?? []).map((info) => ownAddress(info, name === defaultName)),
  );
}

function ownAddress(info: NetworkInterfaceInfo, isDefault: boolean): OwnAddress {
  const family = info.family === "IPv6" ? "ipv6" : "ipv4";
  const subnet = new BlockList();
  const bits = Number(info.cidr?.split("/")[1] ?? (family === "ipv6" ? 128 : 32));
  subnet.addSubnet(info.address, bits, family);
  return { address: info.address, family, isLoopback: info.internal, isDefault, subnet };
}

/** Linux only; elsewhere the first interface that is not loopback has to do. */
function defaultInterface(): string | undefined {
  let text: string;
  try {
    text = readFileSync("/proc/net/route", "utf8");
  } catch (thrown) {
    if (thrown instanceof Error) return undefined;
    throw thrown;
  }
  const rows = text.split("\n").map((row) => row.split("\t"));
  return rows.find(
    ([, destination, , flags]) => destination === "00000000" && (Number.parseInt(flags ?? "0", 16) & 2) > 0,
  )?.[0];
}
