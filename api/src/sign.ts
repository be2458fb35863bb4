/**
 * Links to recordings that need no API key: `{publicUrl}/v1/recordings/{id}/download?expires=…&signature=…`. `expires` is
 * Unix seconds, `signature` lower-case hex of HMAC-SHA-256 over both, so neither a later end nor another recording can
 * be put into a link. The method is not part of it: GET and HEAD of one link both work.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "@voepy/base";

export interface RecordingLinkSigner {
  /** A link that works from now for the configured time. */
  recordingUrl(id: string): string;
  /** True while the link holds. Any other spelling of the same number or signature is refused. */
  isValid(id: string, expires: string | undefined, signature: string | undefined): boolean;
}

export interface LinkOptions {
  /** With or without a slash at the end. */
  readonly publicUrl: string;
  /** Kept for the life of the installation; links die with it. */
  readonly secret: string;
  /** Seconds a link works. */
  readonly ttlSecs: number;
  readonly clock: Clock;
}

/** Ten or eleven digits reach from 2001 to the year 5138: longer numbers are not ours. */
const EXPIRES = /^[1-9]\d{9,10}$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

export function makeLinks({ publicUrl, secret, ttlSecs, clock }: LinkOptions): RecordingLinkSigner {
  const base = publicUrl.replace(/\/+$/, "");
  const sign = (id: string, expires: string): Buffer =>
    createHmac("sha256", secret).update(`recording\n${id}\n${expires}`).digest();
  return {
    recordingUrl(id) {
      const expires = String(Math.floor(clock.wallMs() / 1000) + ttlSecs);
      const signature = sign(id, expires).toString("hex");
      return `${base}/v1/recordings/${encodeURIComponent(id)}/download?expires=${expires}&signature=${signature}`;
    },
    isValid(id, expires, signature) {
      if (expires === undefined || signature === undefined) return false;
      if (!EXPIRES.test(expires) || !SIGNATURE.test(signature)) return false;
      const isOurs = timingSafeEqual(sign(id, expires), Buffer.from(signature, "hex"));
      return isOurs && clock.wallMs() < Number(expires) * 1000;
    },
  };
}
