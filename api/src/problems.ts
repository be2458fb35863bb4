/** Parses what a client sent and names every wrong field of it at once. */
import { CodedError, type FieldProblem } from "@voepy/base";
import type { z } from "zod";

/** A hostile body can be wrong in 100 000 places; nobody reads more than these. */
const MOST_PROBLEMS = 50;
/** Longest piece of a client's own text in a message, in characters. */
const ECHO_CHARS = 64;

/**
 * The parsed input. Throws `invalid_request` with `param` of the first problem and `details.errors` of all. `whole` is
 * the name of the input itself, for a body that is not even an object.
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, whole: "body" | "query"): T {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw invalidFields(parsed.error.issues.flatMap((issue) => problemsOf(issue, whole)));
}

/** The one shape of "these fields are wrong". */
export function invalidFields(problems: readonly FieldProblem[]): CodedError {
  const errors = problems.slice(0, MOST_PROBLEMS);
  const first = errors[0] ?? { param: "body", message: "is not valid" };
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new CodedError("invalid_request", `${first.param}: ${first.message}${more}`, {
    param: first.param,
    details: { errors },
  });
}

function problemsOf(issue: z.core.$ZodIssue, whole: string): FieldProblem[] {
  const path = issue.path.map((step) => shortened(String(step)));
  if (issue.code === "unrecognized_keys")
    return issue.keys
      .slice(0, MOST_PROBLEMS)
      .map((key) => ({ param: [...path, shortened(key)].join("."), message: "unknown field" }));
  return [{ param: path.length === 0 ? whole : path.join("."), message: messageOf(issue) }];
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : `expected ${issue.expected}, got ${kindOf(issue.input)}`;
    case "invalid_value":
      if (issue.input === undefined) return "is required";
      return issue.values.length === 1
        ? `expected ${String(issue.values[0])}`
        : `expected one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return issue.input === undefined ? "is required" : "has none of the allowed forms";
    default:
      return issue.message;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function shortened(text: string): string {
  return text.length > ECHO_CHARS ? `${text.slice(0, ECHO_CHARS)}…` : text;
}
