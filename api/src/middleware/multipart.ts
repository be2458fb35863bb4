/** Splits `multipart/form-data` (RFC 7578, RFC 2046 §5.1) that is wholly in memory: linear in its size, copying nothing. */
import { CodedError } from "@voepy/base";

export interface FormPart {
  readonly name: string;
  /** It named a file, or a type of its own. */
  readonly isFile: boolean;
  readonly content: Uint8Array;
}

/** More parts than any form of ours has. */
const MOST_PARTS = 16;
const MOST_HEADER_BYTES = 4096;

/** RFC 2046 §5.1.1: up to 70 characters. undefined: the type is no form. Throws `invalid_request` for a form without one. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data *(?:;|$)/i.test(contentType)) return undefined;
  const found = /; *boundary=(?:"([^"]{1,70})"|([\w'()+,./:=?-]{1,70}))/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) throw malformed("its Content-Type has no boundary");
  return boundary;
}

/** Throws `invalid_request` for anything that is not a whole form. */
export function splitForm(bytes: Uint8Array, boundary: string): FormPart[] {
  const form = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const line = Buffer.from(`--${boundary}`);
  const next = Buffer.from(`\r\n--${boundary}`);
  const parts: FormPart[] = [];
  if (form.indexOf(line) !== 0) throw malformed("it does not begin with its boundary");
  let at = line.length;
  while (form.toString("latin1", at, at + 2) !== "--") {
    if (parts.length === MOST_PARTS) throw malformed(`it has more than ${MOST_PARTS} parts`);
    const headersEnd = form.indexOf("\r\n\r\n", at);
    if (headersEnd === -1 || headersEnd - at > MOST_HEADER_BYTES) throw malformed("a part has no end of its headers");
    const end = form.indexOf(next, headersEnd + 2);
    if (end === -1) throw malformed("a part has no end");
    const content = form.subarray(headersEnd + 4, Math.max(end, headersEnd + 4));
    parts.push({ ...partHead(form.toString("utf8", at, headersEnd)), content });
    at = end + next.length;
  }
  return parts;
}

function partHead(headers: string): Pick<FormPart, "name" | "isFile"> {
  const disposition = /\r\ncontent-disposition: *form-data *(;[^\r\n]*)/i.exec(headers)?.[1];
  const name = disposition === undefined ? undefined : /; *name="([^"]{1,64})"/i.exec(disposition)?.[1];
  if (disposition === undefined || name === undefined) throw malformed("a part has no name");
  return { name, isFile: /; *filename\*?=/i.test(disposition) };
}

function malformed(why: string): CodedError {
  return new CodedError("invalid_request", `the form cannot be read: ${why}`, { param: "body" });
}
