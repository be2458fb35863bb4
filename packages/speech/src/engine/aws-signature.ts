/** AWS Signature Version 4 of a POST whose whole body is known. */
import { createHash, createHmac } from "node:crypto";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
}

/** The headers to send, names in lower case: those given, the date, and the signature over all of them and the body. */
export function signedHeaders(
  request: { url: string; headers: Readonly<Record<string, string>>; body: string },
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  scope: { region: string; service: string; wallMs: number },
): Record<string, string> {
  const url = new URL(request.url);
  // 20260512T143218Z.
  const time = `${new Date(scope.wallMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "")}`;
  const date = time.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    "x-amz-date": time,
    ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(headers).toSorted();
  const canonical = [
    "POST",
    url.pathname,
    url.searchParams.toString(),
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    "",
    names.join(";"),
    sha256(request.body),
  ].join("\n");
  const credential = `${date}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", time, credential, sha256(canonical)].join("\n");
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  for (const step of credential.split("/")) key = createHmac("sha256", key).update(step).digest();
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
