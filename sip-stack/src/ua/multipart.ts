/** Bodies of several parts (RFC 2046 §5.1, RFC 5621): gateways wrap SDP with ISUP, emergency calls with a location. */
import { paramOf, parseParams } from "../message/params.ts";

/** More parts are an attack; what lies behind them is not looked at. */
const MAX_PARTS = 16;

const HEAD_END = Buffer.from("\r\n\r\n");

/** The content of the first part of that lower-case media type; undefined when there is none or no boundary. */
export function partOf(contentType: string, body: Uint8Array, wanted: string): Uint8Array | undefined {
  const semicolon = contentType.indexOf(";");
  const params = semicolon === -1 ? undefined : parseParams(contentType, semicolon);
  const boundary = params === undefined ? undefined : paramOf(params, "boundary");
  if (boundary === undefined || boundary === "") return undefined;
  for (const part of partsOf(Buffer.from(body.buffer, body.byteOffset, body.byteLength), `--${boundary}`)) {
    const content = contentOf(part, wanted);
    if (content !== undefined) return content;
  }
  return undefined;
}

/** Between delimiter lines; the line end before a delimiter belongs to the delimiter. */
function partsOf(body: Buffer, delimiter: string): Buffer[] {
  const parts: Buffer[] = [];
  const between = Buffer.from(`\r\n${delimiter}`);
  let start = body.indexOf(delimiter);
  while (start !== -1 && parts.length < MAX_PARTS) {
    start = body.indexOf("\r\n", start);
    if (start === -1) break;
    const end = body.indexOf(between, start);
    parts.push(body.subarray(start + 2, end === -1 ? body.length : end));
    start =
      end === -1 || body.toString("latin1", end + between.length, end + between.length + 2) === "--" ? -1 : end + 2;
  }
  return parts;
}

function contentOf(part: Buffer, wanted: string): Buffer | undefined {
  const headEnd = part.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  for (const line of part.toString("latin1", 0, headEnd).split("\r\n")) {
    const colon = line.indexOf(":");
    if (line.slice(0, colon).trim().toLowerCase() !== "content-type") continue;
    const type = line
      .slice(colon + 1)
      .split(";", 1)[0]!
      .trim()
      .toLowerCase();
    return type === wanted ? part.subarray(headEnd + HEAD_END.length) : undefined;
  }
  return undefined;
}
