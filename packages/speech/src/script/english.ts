/** An utterance as plain English text of ASCII letters, which is all the embedded engine reads. */
import type { Piece, Utterance } from "../types.ts";
import { cardinalWords, characterWords, dateWords, digitWords, ordinalWords, telephoneWords } from "./numbers.ts";

const SPOKEN_SIGNS: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚′]/g, "'"],
  [/[“”„″«»]/g, '"'],
  [/[–—…]/g, ", "],
  [/€\s?(\d[\d.,]*)/g, "$1 euros"],
  [/£\s?(\d[\d.,]*)/g, "$1 pounds"],
  [/[&＆]/g, " and "],
  [/ß/g, "ss"],
  [/[øØ]/g, "o"],
  [/[æÆ]/g, "ae"],
];

/** Empty when there is no letter or digit in it. */
export function englishText({ pieces }: Utterance): string {
  const text = toAscii(pieces.map(wordsOf).join("")).replaceAll(/\s+/g, " ").trim();
  return /[A-Za-z0-9]/.test(text) ? text : "";
}

function wordsOf({ text, sayAs }: Piece): string {
  switch (sayAs?.as) {
    case undefined:
      return text;
    case "digits":
      return ` ${digitWords(text)} `;
    case "telephone":
      return ` ${telephoneWords(text)} `;
    case "characters":
      return ` ${characterWords(text)} `;
    case "cardinal":
      return ` ${cardinalWords(text)} `;
    case "ordinal":
      return ` ${ordinalWords(text)} `;
    case "date":
      return ` ${dateWords(text, sayAs.format)} `;
  }
}

function toAscii(text: string): string {
  let plain = text;
  for (const [pattern, spoken] of SPOKEN_SIGNS) plain = plain.replaceAll(pattern, spoken);
  return plain
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\x20-\x7e]/g, " ");
}
