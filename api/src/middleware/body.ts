/** The JSON body of a POST: bounded in size and depth, UTF-8, and refused before it can cost anything. */
import { CodedError } from "@voepy/base";
import type { Context } from "hono";
import type { ApiEnv } from "../route.ts";

/** 1 MiB. */
export const BODY_BYTES = 1_048_576;
/** Arrays and objects inside each other; deeper ones serve only to overflow somebody's stack. */
export const BODY_DEPTH = 64;

/** Unread bodies up to this size are in our buffers already and cost nothing to skip. */
const SKIPPED_BYTES = 65_536;

/**
 * Before refusing a request whose body has not been read: a long one is not worth reading to its end, so the client is
 * told to send its next request on another connection (RFC 9110 §9.3, RFC 9112 §9.6).
 */
export function closeUnlessRead(c: Context<ApiEnv>): void {
  if (c.get("isBodyRead")) return;
  const isLong = Number(c.req.header("content-length") ?? 0) > SKIPPED_BYTES;
  if (isLong || c.req.header("transfer-encoding") !== undefined) c.header("connection", "close");
}

/** The parsed body; `{}` for none. Throws `invalid_request`, `payload_too_large`, `unsupported_media_type`. */
export async function jsonBody(c: Context<ApiEnv>): Promise<unknown> {
  const bytes = await bodyBytes(c, BODY_BYTES);
  c.set("isBodyRead", true);
  if (bytes.length === 0) return {};
  const type = c.req.header("content-type");
  if (type?.split(";", 1)[0]?.trim().toLowerCase() !== "application/json")
    throw new CodedError("unsupported_media_type", `expected Content-Type: application/json, got ${type ?? "none"}`);
  const value = parseJson(bytes);
  if (!isWithinDepth(value, BODY_DEPTH))
    throw new CodedError("invalid_request", `the body nests deeper than ${BODY_DEPTH} levels`, { param: "body" });
  return value;
}

/** The whole body. Throws `payload_too_large`. */
export async function bodyBytes(c: Context<ApiEnv>, mostBytes: number): Promise<Uint8Array> {
  const declared = c.req.header("content-length");
  if (declared !== undefined) {
    // The HTTP parser holds a body to its declared length, so this check is enough and the body comes in one piece.
    if (Number(declared) > mostBytes) throw tooLarge(mostBytes);
    return new Uint8Array(await c.req.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(mostBytes: number): CodedError {
  return new CodedError("payload_too_large", `the body may have ${mostBytes} bytes at most`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const what = cause instanceof SyntaxError ? "JSON" : "UTF-8";
    throw new CodedError("invalid_request", `the body is not valid ${what}`, { param: "body", cause });
  }
}

function isWithinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isWithinDepth(member, levels - 1));
}
