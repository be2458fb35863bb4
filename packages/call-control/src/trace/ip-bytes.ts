/** Addresses as they stand in a packet. */

/** 4 or 16 bytes of an IP literal, without zone or brackets; undefined for what is none. */
export function addressBytes(address: string): Uint8Array | undefined {
  return address.includes(":") ? ipv6Bytes(address) : ipv4Bytes(address);
}

/** RFC 4291 §2.5.5.2: an IPv4 address where only IPv6 has room. */
export function asIpv6(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.set([0xff, 0xff], 10);
  mapped.set(bytes, 12);
  return mapped;
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return isAddress ? Uint8Array.from(parts.map(Number)) : undefined;
}

/** RFC 4291 §2.2. */
function ipv6Bytes(text: string): Uint8Array | undefined {
  const halves = text.replace(/%.*$/, "").split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map(groupBytes);
  if (left === undefined) return undefined;
  if (halves.length === 1) return left.length === 16 ? Uint8Array.from(left) : undefined;
  if (right === undefined || left.length + right.length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(left, 0);
  bytes.set(right, 16 - right.length);
  return bytes;
}

function groupBytes(text: string): number[] | undefined {
  if (text === "") return [];
  const out: number[] = [];
  for (const group of text.split(":")) {
    const v4 = ipv4Bytes(group);
    if (v4 !== undefined) out.push(...v4);
    else if (/^[0-9a-f]{1,4}$/i.test(group))
      out.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return out.length > 16 ? undefined : out;
}
