/** The markup of SSML as tokens: XML 1.0 without document types, which no program may hand us. */

export interface Tag {
  readonly type: "open";
  /** Lower case, without a namespace's prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** `<name/>`. */
  readonly isEmpty: boolean;
  /** Where it begins in the text. */
  readonly at: number;
}

export type Token =
  | Tag
  | { readonly type: "close"; readonly name: string; readonly at: number }
  | { readonly type: "text"; readonly text: string; readonly at: number };

const NAME = /[A-Za-z_][\w.:-]*/y;
const SPACE = /\s*/y;
const ENTITY = /&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-z]{2,4});|&/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export class TagReader {
  /** Set by whoever reads, once the outermost element has begun. */
  hasRoot = false;
  readonly #text: string;
  readonly #fail: (at: number, problem: string) => never;
  #at = 0;

  constructor(text: string, fail: (at: number, problem: string) => never) {
    this.#text = text;
    this.#fail = fail;
  }

  /** undefined at the end. */
  next(): Token | undefined {
    while (this.#at < this.#text.length) {
      const at = this.#at;
      if (this.#text[at] !== "<") return this.#words(at);
      if (this.#skip(at, "<!--", "-->") || this.#skip(at, "<?", "?>")) continue;
      if (this.#text.startsWith("<![CDATA[", at)) return this.#raw(at);
      if (this.#text[at + 1] === "!") this.#fail(at, "a document type is not taken");
      return this.#text[at + 1] === "/" ? this.#closing(at) : this.#opening(at);
    }
    return undefined;
  }

  #words(at: number): Token {
    const end = this.#text.indexOf("<", at);
    this.#at = end === -1 ? this.#text.length : end;
    return { type: "text", text: this.#decoded(at, this.#at), at };
  }

  #skip(at: number, begin: string, end: string): boolean {
    if (!this.#text.startsWith(begin, at)) return false;
    this.#at = this.#after(at, begin.length, end);
    return true;
  }

  #raw(at: number): Token {
    this.#at = this.#after(at, 9, "]]>");
    return { type: "text", text: this.#text.slice(at + 9, this.#at - 3), at };
  }

  #after(at: number, begin: number, end: string): number {
    const found = this.#text.indexOf(end, at + begin);
    return found === -1 ? this.#fail(at, `there is no ${end} to its beginning`) : found + end.length;
  }

  #closing(at: number): Token {
    this.#at = at + 2;
    const name = this.#name(at);
    this.#match(SPACE);
    if (this.#text[this.#at++] !== ">") this.#fail(at, `</${name} has no >`);
    return { type: "close", name, at };
  }

  #opening(at: number): Token {
    this.#at = at + 1;
    const name = this.#name(at);
    const attributes = new Map<string, string>();
    for (;;) {
      const hadSpace = this.#match(SPACE) !== "";
      if (this.#text.startsWith("/>", this.#at)) return this.#ended({ name, attributes, at, isEmpty: true }, 2);
      if (this.#text[this.#at] === ">") return this.#ended({ name, attributes, at, isEmpty: false }, 1);
      if (!hadSpace || (this.#text[this.#at] ?? "<") === "<") this.#fail(at, `<${name} has no >`);
      this.#attribute(name, attributes);
    }
  }

  #ended(tag: Omit<Tag, "type">, length: number): Tag {
    this.#at += length;
    return { type: "open", ...tag };
  }

  #attribute(element: string, into: Map<string, string>): void {
    const at = this.#at;
    const name = this.#match(NAME);
    if (name === "") this.#fail(at, `<${element} holds what is no attribute`);
    this.#match(SPACE);
    if (this.#text[this.#at++] !== "=") this.#fail(at, `${name} has no value`);
    this.#match(SPACE);
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail(at, `the value of ${name} is not quoted`);
    const from = this.#at + 1;
    const to = this.#text.indexOf(quote ?? "", from);
    if (to === -1) this.#fail(at, `the value of ${name} has no closing quote`);
    if (into.has(name)) this.#fail(at, `${name} is given twice`);
    into.set(name, this.#decoded(from, to));
    this.#at = to + 1;
  }

  #name(tagAt: number): string {
    const name = this.#match(NAME);
    if (name === "") this.#fail(tagAt, "a < that begins no element must be written &lt;");
    return name.slice(name.indexOf(":") + 1).toLowerCase();
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #decoded(from: number, to: number): string {
    return this.#text.slice(from, to).replaceAll(ENTITY, (whole, name: string | undefined, offset: number) => {
      const text = name === undefined ? undefined : entity(name);
      return text ?? this.#fail(from + offset, `${whole === "&" ? "a bare &" : whole} must be written &amp;`);
    });
  }
}

function entity(name: string): string | undefined {
  if (!name.startsWith("#")) return ENTITIES[name];
  const code = name[1] === "x" || name[1] === "X" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
