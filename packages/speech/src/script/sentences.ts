/** Where running text can be cut without being heard: after sentences, and within long ones after a comma. */

export interface Sentence {
  readonly text: string;
  /** False for a rest that what follows may go on with. */
  readonly isWhole: boolean;
}

/** A sentence longer than this is cut at a comma where it has one, at a blank where it has none; characters. */
const LONG_CHARS = 180;

const END = /[.!?…]+["'”’)\]]*(?=\s|$)|[。！？]+|\n\s*\n/g;
/** A full stop after these ends no sentence. A single letter is an initial. */
const ABBREVIATION = /(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|Mt|No|Nr|vs|etc|approx|Inc|Ltd|Co|e\.g|i\.e|U\.S)\.$/;

export function cutSentences(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let from = 0;
  for (const match of text.matchAll(END)) {
    const to = match.index + match[0].length;
    // Only the last word decides: looking at more would make long texts slow.
    if (ABBREVIATION.test(text.slice(Math.max(from, to - 12), to)) && to < text.trimEnd().length) continue;
    sentences.push(...cutLong(text.slice(from, to)));
    from = to;
  }
  const rest = text.slice(from);
  if (rest.trim() !== "") {
    const cut = cutLong(rest);
    sentences.push(...cut.slice(0, -1), ...cut.slice(-1).map((last) => ({ ...last, isWhole: false })));
  } else if (rest !== "" && sentences.length === 0) sentences.push({ text: " ", isWhole: false });
  return sentences;
}

function cutLong(sentence: string): Sentence[] {
  const parts: Sentence[] = [];
  let rest = sentence;
  while (rest.length > LONG_CHARS) {
    const at = cutPlace(rest);
    parts.push({ text: rest.slice(0, at), isWhole: true });
    rest = rest.slice(at);
  }
  parts.push({ text: rest, isWhole: true });
  return parts;
}

/** After the last comma of the first `LONG_CHARS`, else after their last blank, else right there. */
function cutPlace(text: string): number {
  const head = text.slice(0, LONG_CHARS);
  const comma = Math.max(head.lastIndexOf(", "), head.lastIndexOf("; "), head.lastIndexOf(": "));
  if (comma > LONG_CHARS / 4) return comma + 2;
  const blank = head.lastIndexOf(" ");
  return blank > 0 ? blank + 1 : LONG_CHARS;
}
