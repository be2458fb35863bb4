/**
 * Reads the configuration: YAML, `${NAME}` from the environment, checked whole. Every problem names its key and line;
 * nothing starts on a file that is wrong.
 */
import { type Document, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { type Config, configSchema } from "./config-schema.ts";
import { duplicatesOf } from "./duplicates.ts";

/** One line a problem, ready to print. The process exits with 2. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** `file` is only for messages. Throws ConfigError. */
export function parseConfig(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`),
    );
  }
  substitute(document, environment, (offset, problem) => {
    throw new ConfigError([`${file}:${lines.linePos(offset).line}: ${problem}`]);
  });
  const result = configSchema.safeParse(document.toJS() ?? {});
  if (result.success) {
    const doubles = duplicatesOf(result.data);
    if (doubles.length === 0) return result.data;
    throw new ConfigError(
      doubles.map(({ path, message }) => `${file}:${lineOf(document, lines, path)}: ${path.join(".")}: ${message}`),
    );
  }
  throw new ConfigError(result.error.issues.flatMap((issue) => describe(issue, document, lines, file)));
}

/** `${NAME}` must be set; `${NAME:-default}` need not. Numbers and booleans made this way keep their type. */
function substitute(
  document: Document.Parsed,
  environment: Readonly<Record<string, string | undefined>>,
  fail: (offset: number, problem: string) => void,
): void {
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string" || !node.value.includes("${")) return;
      node.value = node.value.replace(
        /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
        (_, name: string, fallback?: string) => {
          const value = environment[name] ?? fallback;
          if (value === undefined)
            fail(
              node.range?.[0] ?? 0,
              `environment variable ${name} is not set (use \${${name}:-default} to allow that)`,
            );
          return value ?? "";
        },
      );
    },
  });
}

function describe(issue: z.core.$ZodIssue, document: Document.Parsed, lines: LineCounter, file: string): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key].map(String);
      return `${file}:${lineOf(document, lines, [...issue.path, key])}: unknown key ${path.join(".")}`;
    });
  }
  return [
    `${file}:${lineOf(document, lines, issue.path)}: ${issue.path.map(String).join(".") || "file"}: ${issue.message}`,
  ];
}

/** Line of the nearest node that exists on the way to `path`. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const range = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
    if (Array.isArray(range) && typeof range[0] === "number") return lines.linePos(range[0]).line;
  }
  return 1;
}
