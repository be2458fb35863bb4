/** `/v1/voices`: who can speak. */
import { z } from "zod";
import { keyedRoute, type Route } from "../route.ts";

export interface VoiceDescription {
  /** As `speak` takes it. */
  readonly id: string;
  readonly engine: string;
  /** BCP 47; `mul`: whatever language the text is in. */
  readonly language: string;
  readonly gender: "female" | "male" | "neutral";
}

const query = z.strictObject({
  language: z.string().min(2).max(35).optional().meta({ description: "Those that speak it, whatever the country" }),
});

export function voiceRoutes(voices: () => readonly VoiceDescription[]): Route[] {
  return [
    keyedRoute({
      method: "get",
      path: "/v1/voices",
      scope: "calls:read",
      input: query,
      doc: {
        operationId: "listVoices",
        summary: "List the voices that can speak",
        description: "All in one page. Polly's names can be asked for without Polly too: the nearest of these answers.",
        tag: "Speech",
        success: { status: 200, schema: "VoiceList" },
        refusals: [],
      },
      run: async ({ input }) => {
        const wanted = primary(input.language);
        const data = voices()
          .filter(({ language }) => wanted === undefined || language === "mul" || primary(language) === wanted)
          .map(({ id, engine, language, gender }) => ({ id, engine, language, gender }));
        return { status: 200, json: { data, next_cursor: null, has_more: false } };
      },
    }),
  ];
}

function primary(language: string | undefined): string | undefined {
  return language?.split(/[-_]/)[0]?.toLowerCase();
}
