/** Reads and decompresses a response body without ever holding more than its cap allows. */
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { unreachableUrl } from "./check-url.ts";

interface BodyLimits {
  readonly maxBytes: number;
  readonly overflow?: "error" | "cut";
}

const DECODERS: Readonly<Record<string, (body: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>> =
  {
    gzip: promisify(gunzip),
    "x-gzip": promisify(gunzip),
    deflate: promisify(inflate),
    br: promisify(brotliDecompress),
  };

/** @throws CodedError `media_unreachable`; the stream's own error when the connection breaks. */
export async function readBody(
  stream: Readable,
  contentEncoding: string | undefined,
  limits: BodyLimits,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw unreachableUrl("the body came as text");
    size += chunk.length;
    chunks.push(chunk);
    if (size > limits.maxBytes) break; // Leaving the loop destroys the stream.
  }
  const body = Buffer.concat(chunks);
  if (size > limits.maxBytes) {
    if (limits.overflow === "cut") return body.subarray(0, limits.maxBytes);
    throw tooLong(limits.maxBytes);
  }
  return contentEncoding === undefined || body.length === 0 ? body : decode(body, contentEncoding, limits.maxBytes);
}

async function decode(body: Uint8Array, contentEncoding: string, maxBytes: number): Promise<Uint8Array> {
  const coding = contentEncoding.trim().toLowerCase();
  if (coding === "" || coding === "identity") return body;
  // One coding is all that servers send; a chain of them is only ever a bomb.
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (!decoder) throw unreachableUrl(`content-encoding ${coding.slice(0, 40)} is not supported`);
  try {
    return await decoder(body, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(maxBytes);
    throw unreachableUrl(`the ${coding} body is damaged`, error);
  }
}

function tooLong(maxBytes: number): Error {
  return unreachableUrl(`the body is longer than ${maxBytes} bytes`);
}
