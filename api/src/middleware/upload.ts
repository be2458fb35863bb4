/** A body that brings a file: a form (RFC 7578) with `name` and `file`, or JSON that says where the file is. */
import { createHash } from "node:crypto";
import { CodedError } from "@voepy/base";
import type { Context } from "hono";
import type { ApiEnv } from "../route.ts";
import { bodyBytes, jsonBody } from "./body.ts";
import { boundaryOf, splitForm } from "./multipart.ts";

/** Largest file, bytes. SPEC 4.11. */
export const UPLOAD_BYTES = 50 * 1024 * 1024;
/** What a form may add to its file. */
const FORM_BYTES = 65_536;
/** Each is held in memory while it comes in. */
const UPLOADS_AT_ONCE = 4;

/** Its only visible member is the hash, which is what an Idempotency-Key is bound to. */
export class UploadedFile {
  readonly sha256: string;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.sha256 = createHash("sha256").update(bytes).digest("hex");
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }
}

let underWay = 0;

/** The members of the form, `file` as an UploadedFile, or the JSON body. Throws as `jsonBody` does. */
export async function uploadBody(c: Context<ApiEnv>): Promise<unknown> {
  const boundary = boundaryOf(c.req.header("content-type") ?? "");
  if (boundary === undefined) return jsonBody(c);
  if (underWay >= UPLOADS_AT_ONCE)
    throw new CodedError("rate_limited", `${UPLOADS_AT_ONCE} files are being uploaded already`);
  underWay += 1;
  try {
    const bytes = await bodyBytes(c, UPLOAD_BYTES + FORM_BYTES);
    c.set("isBodyRead", true);
    return Object.fromEntries(
      splitForm(bytes, boundary).map(({ name, isFile, content }) => [
        name,
        isFile ? new UploadedFile(checkedSize(content)) : Buffer.from(content).toString("utf8"),
      ]),
    );
  } finally {
    underWay -= 1;
  }
}

function checkedSize(content: Uint8Array): Uint8Array {
  if (content.length <= UPLOAD_BYTES) return content;
  throw new CodedError("payload_too_large", `a file may have ${UPLOAD_BYTES} bytes at most`);
}
