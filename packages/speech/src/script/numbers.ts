/** English words for numbers, digits, letters and dates. */

const SMALL =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const GROUPS = ["", " thousand", " million", " billion", " trillion"];
const MONTHS = "January February March April May June July August September October November December".split(" ");
const ORDINALS: Readonly<Record<string, string>> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
};
/** As a person spells them; a lone letter would be read as a word. */
const LETTERS =
  "ay,bee,see,dee,ee,eff,jee,aitch,eye,jay,kay,ell,em,en,oh,pee,cue,are,ess,tee,you,vee,double you,ex,why,zee".split(
    ",",
  );
const SIGNS: Readonly<Record<string, string>> = {
  "+": "plus",
  "-": "dash",
  "*": "star",
  "#": "pound",
  "@": "at",
  ".": "dot",
  "/": "slash",
  _: "underscore",
  "&": "and",
};

export function digitWords(text: string): string {
  return [...text].flatMap((sign) => (/\d/.test(sign) ? [SMALL[Number(sign)] ?? ""] : [])).join(" ");
}

/** Digit by digit, a short rest where the number is written in groups. */
export function telephoneWords(text: string): string {
  const plus = text.trim().startsWith("+") ? "plus " : "";
  return `${plus}${text.split(/\D+/).filter(Boolean).map(digitWords).join(", ")}`;
}

export function characterWords(text: string): string {
  return [...text.toLowerCase()]
    .flatMap((sign) => {
      if (/\d/.test(sign)) return [SMALL[Number(sign)] ?? ""];
      const letter = LETTERS[sign.charCodeAt(0) - 97] ?? SIGNS[sign];
      return letter === undefined ? [] : [letter];
    })
    .join(", ");
}

/** Whole numbers below a quadrillion, with or without thousands' commas, and decimals; anything else comes back as it is. */
export function cardinalWords(text: string): string {
  const [, sign, whole = "", fraction] =
    /^([+-]?)(\d{1,15})(?:\.(\d{1,15}))?$/.exec(text.replaceAll(/[,\s]/g, "")) ?? [];
  if (whole === "") return text;
  const words = wholeWords(Number(whole));
  const point = fraction === undefined ? "" : ` point ${digitWords(fraction)}`;
  return `${sign === "-" ? "minus " : ""}${words}${point}`;
}

export function ordinalWords(text: string): string {
  const words = cardinalWords(text.replace(/(?<=\d)(?:st|nd|rd|th)$/, ""));
  return words.replace(/[a-z]+$/, (last) => ORDINALS[last] ?? `${last.replace(/y$/, "ie")}th`);
}

/** `format` is an order of y, m and d (default: year first when four digits lead, else mdy). */
export function dateWords(text: string, format: string): string {
  const numbers = text.split(/\D+/).filter(Boolean);
  const order = format === "" ? (numbers[0]?.length === 4 ? "ymd" : "mdy") : format.toLowerCase();
  if (!/^[ymd]{1,3}$/.test(order) || numbers.length !== order.length) return text;
  const part = (letter: string): number | undefined => {
    const at = order.indexOf(letter);
    return at === -1 ? undefined : Number(numbers[at]);
  };
  const [year, month, day] = [part("y"), part("m"), part("d")];
  const monthName = month === undefined ? "" : MONTHS[month - 1];
  if (monthName === undefined || (day !== undefined && (day < 1 || day > 31))) return text;
  const dayWords = day === undefined ? "" : ordinalWords(String(day));
  const head = [monthName, dayWords].filter(Boolean).join(" ");
  return [head, year === undefined ? "" : yearWords(year)].filter(Boolean).join(", ");
}

function yearWords(year: number): string {
  const [century, rest] = [Math.floor(year / 100), year % 100];
  if (year < 1000 || year > 9999 || (year >= 2000 && year < 2010)) return wholeWords(year);
  if (rest === 0) return century % 10 === 0 ? wholeWords(year) : `${wholeWords(century)} hundred`;
  return `${wholeWords(century)} ${rest < 10 ? "oh " : ""}${wholeWords(rest)}`;
}

function wholeWords(value: number): string {
  if (value < 1000) return hundreds(value);
  const words: string[] = [];
  for (let group = 0, rest = value; rest > 0; group++, rest = Math.floor(rest / 1000))
    if (rest % 1000 > 0) words.unshift(`${hundreds(rest % 1000)}${GROUPS[group] ?? ""}`);
  return words.join(" ");
}

function hundreds(value: number): string {
  const rest = value % 100;
  const head = value >= 100 ? `${SMALL[Math.floor(value / 100)] ?? ""} hundred` : "";
  if (rest === 0 && head !== "") return head;
  return head === "" ? belowHundred(rest) : `${head} ${belowHundred(rest)}`;
}

function belowHundred(value: number): string {
  if (value < 20) return SMALL[value] ?? "";
  const tens = TENS[Math.floor(value / 10)] ?? "";
  return value % 10 === 0 ? tens : `${tens} ${SMALL[value % 10] ?? ""}`;
}
