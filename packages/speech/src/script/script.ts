/** From text or SSML to what is spoken in one breath each. */
import { CodedError } from "@voepy/base";
import type { Piece, SayAs, SpeechRequest, Utterance } from "../types.ts";
import { cutSentences } from "./sentences.ts";
import { readSsml } from "./ssml.ts";

/** What SSML says, flat and in order. */
export type Item =
  | { readonly type: "text"; readonly text: string; readonly rate: number; readonly sayAs: SayAs | undefined }
  | { readonly type: "pause"; readonly ms: number }
  | { readonly type: "boundary"; readonly is: "p" | "s" };

/** Silence after a paragraph, ms. */
const PARAGRAPH_MS = 350;
/** Short sentences are joined up to this length, so that a part is worth its own synthesis; characters. */
const WORTH_CHARS = 90;

/** Throws CodedError `invalid_request` for SSML that is broken and for a payload of blanks. */
export function makeScript({ payload, payloadType }: Pick<SpeechRequest, "payload" | "payloadType">): Utterance[] {
  const items: Item[] =
    payloadType === "ssml" ? readSsml(payload) : [{ type: "text", text: payload, rate: 1, sayAs: undefined }];
  const breaths = new Breaths();
  for (const item of items) breaths.take(item);
  const script = joinShort(breaths.end());
  if (script.length === 0)
    throw new CodedError("invalid_request", "payload holds nothing to say", { param: "payload" });
  return script;
}

/** Cuts where a sentence ends, silence begins or the rate changes. */
class Breaths {
  readonly #done: Utterance[] = [];
  #pieces: Piece[] = [];
  #rate = 1;

  take(item: Item): void {
    if (item.type === "pause") this.#cut(item.ms);
    else if (item.type === "boundary") this.#cut(item.is === "p" && this.#hasWords() ? PARAGRAPH_MS : 0);
    else {
      if (item.rate !== this.#rate) this.#cut(0);
      this.#rate = item.rate;
      this.#words(item);
    }
  }

  end(): Utterance[] {
    this.#cut(0);
    return this.#done;
  }

  #words({ text, sayAs }: Extract<Item, { type: "text" }>): void {
    if (sayAs !== undefined) {
      this.#pieces.push({ text: text.trim(), sayAs });
      return;
    }
    for (const sentence of cutSentences(text)) {
      this.#pieces.push({ text: sentence.text });
      if (sentence.isWhole) this.#cut(0);
    }
  }

  #hasWords(): boolean {
    return this.#pieces.some(({ text }) => text.trim() !== "");
  }

  #cut(pauseMs: number): void {
    const last = this.#done.at(-1);
    if (this.#hasWords()) this.#done.push({ pieces: this.#pieces, rate: this.#rate, pauseMs });
    else if (pauseMs > 0 && last !== undefined) this.#done.splice(-1, 1, { ...last, pauseMs: last.pauseMs + pauseMs });
    else if (pauseMs > 0) this.#done.push({ pieces: [], rate: 1, pauseMs });
    this.#pieces = [];
  }
}

/** The first stays as short as it is: it decides when sound begins. */
function joinShort(all: readonly Utterance[]): Utterance[] {
  const joined: Utterance[] = [];
  for (const next of all) {
    const last = joined.at(-1);
    const mayJoin = joined.length > 1 && last?.pauseMs === 0 && last.rate === next.rate && hasEnd(last);
    if (mayJoin && lengthOf(last) + lengthOf(next) <= WORTH_CHARS)
      joined.splice(-1, 1, { ...next, pieces: [...last.pieces, { text: " " }, ...next.pieces] });
    else joined.push(next);
  }
  return joined;
}

/** Without its full stop a sentence would run into the next one. */
function hasEnd({ pieces }: Utterance): boolean {
  return /[.!?…。！？]["'”’)\]]*\s*$/.test(pieces.at(-1)?.text ?? "");
}

function lengthOf({ pieces }: Utterance): number {
  return pieces.reduce((sum, { text }) => sum + text.length, 0);
}
