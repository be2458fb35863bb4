/** What prompts are made of: files by URL, fetched once, judged, decoded once, kept for a while; and speech. */
import { createHash } from "node:crypto";
import { CodedError, checkUrl } from "@voepy/base";
import type { SpeechPart } from "@voepy/speech";
import type { CallControlOptions } from "./world.ts";

/** Largest file, bytes; time to its first byte and for all of it, ms. SPEC 4.11. */
const MAX_BYTES = 50 * 1024 * 1024;
const FIRST_BYTE_MS = 10_000;
const WHOLE_MS = 60_000;
const MAX_REDIRECTS = 3;
/** How long a fetched prompt is played again without asking its server, ms. */
const FRESH_MS = 5 * 60_000;

interface Entry {
  readonly key: Promise<string>;
  readonly fetchedAtMs: number;
}

export class PromptLibrary {
  private readonly options: CallControlOptions;
  private readonly entries = new Map<string, Entry>();

  constructor(options: CallControlOptions) {
    this.options = options;
  }

  /** Throws CodedError `media_unreachable` for a URL that is malformed or points where it may not. */
  check(url: string): void {
    checkUrl(url, this.options.allowPrivateUrls);
  }

  /** The media engine's key of the decoded prompt. Rejects with CodedError `media_unreachable` and the reason. */
  prepare(url: string): Promise<string> {
    const nowMs = this.options.clock.nowMs();
    for (const [known, entry] of this.entries) if (nowMs - entry.fetchedAtMs > FRESH_MS) this.entries.delete(known);
    const known = this.entries.get(url);
    if (known !== undefined) return known.key;
    const key = this.fetch(url);
    this.entries.set(url, { key, fetchedAtMs: nowMs });
    // A failure is told to those who asked, and the next one tries again.
    key.catch(() => this.entries.delete(url));
    return key;
  }

  /** The same of an upload. Rejects with CodedError `media_unreachable` when the tenant has none of that name any more. */
  async prepareMedia(tenantId: string, name: string): Promise<string> {
    const bytes = await this.options.mediaFile(tenantId, name);
    if (bytes === undefined) throw new CodedError("media_unreachable", `there is no media named ${name}`);
    return this.decoded(bytes);
  }

  /** The same of a part of a speech, made now unless it was before. Rejects as `SpeechPart.wav` does. */
  async prepareSpeech(part: SpeechPart, signal: AbortSignal): Promise<string> {
    const { media } = this.options;
    if (!media.hasPrompt(part.key)) await media.preparePrompt(part.key, await part.wav(signal));
    return part.key;
  }

  private async fetch(url: string): Promise<string> {
    const answer = await this.options.http.fetch({
      method: "GET",
      url,
      headers: { accept: "audio/*" },
      timeoutMs: WHOLE_MS,
      firstByteMs: FIRST_BYTE_MS,
      maxBytes: MAX_BYTES,
      maxRedirects: MAX_REDIRECTS,
    });
    if (answer.status !== 200) throw new CodedError("media_unreachable", `${url} answered ${answer.status}`);
    return this.decoded(answer.body);
  }

  /** By content: the same file under two names is decoded once, a changed file is decoded anew. */
  private async decoded(bytes: Uint8Array): Promise<string> {
    const key = createHash("sha256").update(bytes).digest("hex");
    if (!this.options.media.hasPrompt(key)) await this.options.media.preparePrompt(key, bytes);
    return key;
  }
}
