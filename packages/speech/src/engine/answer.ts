/** What speech endpoints on the network have in common: one POST, sound or a reason. */
import type { HttpClient } from "@voepy/base";

/** Largest answer: ten minutes at 48 kHz. */
const MAX_BYTES = 60 * 1024 * 1024;
const REASON_CHARS = 200;

/** Resolves the body of a 200. Rejects with an Error saying what the endpoint answered instead. */
export async function answerOf(
  http: HttpClient,
  request: { url: string; headers: Record<string, string>; body: string; timeoutMs: number },
): Promise<Uint8Array> {
  const answer = await http.fetch({ method: "POST", ...request, maxBytes: MAX_BYTES, maxRedirects: 0 });
  if (answer.status === 200) return answer.body;
  const reason = Buffer.from(answer.body.subarray(0, REASON_CHARS * 4))
    .toString("utf8")
    .replaceAll(/\s+/g, " ")
    .slice(0, REASON_CHARS);
  throw new Error(`${new URL(request.url).host} answered ${answer.status}: ${reason}`);
}
