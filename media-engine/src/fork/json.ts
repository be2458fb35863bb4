/** Reading what a stranger sent as JSON. */
export type JsonFields = { readonly [name: string]: unknown };

/** Undefined for what is no JSON object. */
export function readObject(message: string | Uint8Array): JsonFields | undefined {
  if (typeof message !== "string") return undefined;
  try {
    return fieldsOf(JSON.parse(message));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function fieldsOf(value: unknown): JsonFields | undefined {
  return isFields(value) ? value : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Undefined for what is no base64, or nothing. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  const bytes = Buffer.from(value, "base64");
  return bytes.length === 0 ? undefined : bytes;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function isFields(value: unknown): value is JsonFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
