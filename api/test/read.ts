/** Reads answers, holding them against their documented shape on the way. */
import { z } from "zod";
import { errorEnvelope } from "../src/openapi/resources.ts";

export type WireError = z.output<typeof errorEnvelope>["error"];

/** The error of a refusal. Throws when it is not the one envelope, or has anything more. */
export async function errorOf(answer: Response): Promise<WireError> {
  return z.strictObject({ error: z.strictObject(errorEnvelope.shape.error.shape) }).parse(await answer.json()).error;
}

const anything = z.record(z.string(), z.unknown());
const resource = z.looseObject({ id: z.string() });
const list = z.strictObject({
  data: z.array(resource),
  next_cursor: z.string().nullable(),
  has_more: z.boolean(),
});

export async function jsonOf(answer: Response): Promise<Record<string, unknown>> {
  return anything.parse(await answer.json());
}

export async function resourceOf(answer: Response): Promise<z.output<typeof resource>> {
  return resource.parse(await answer.json());
}

export async function listOf(answer: Response): Promise<z.output<typeof list>> {
  return list.parse(await answer.json());
}
