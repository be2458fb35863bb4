/** Audio that tenants upload, to be played by its name. */
import { type Clock, CodedError, type HttpClient, type MakeId } from "@voepy/base";
import type { MediaRecord, Store } from "@voepy/store";
import { z } from "zod";
import type { MediaFiles } from "../io/media-files.ts";
import { UPLOAD_BYTES, UploadedFile } from "../middleware/upload.ts";
import { invalidFields } from "../problems.ts";
import { keyedRoute, type Route } from "../route.ts";
import { serializeMedia } from "../serialize/settings.ts";
import { sniffAudio } from "../sniff.ts";
import { deleteRoute, docOf, getRoute, listRoute, type ResourceSpec, saved } from "./resource.ts";

const createBody = z
  .strictObject({
    name: z.string().regex(/^[\p{L}\p{N}\p{P}\p{S} ]{1,128}$/u, "must be 1 to 128 visible characters"),
    file: z.instanceof(UploadedFile, { error: "must be a file in a form" }).optional(),
    url: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL" })
      .max(2048)
      .optional(),
  })
  .refine(({ file, url }) => (file === undefined) !== (url === undefined), {
    path: ["file"],
    error: "give either a file in a form or a url",
  })
  .meta({ id: "MediaCreate" });

/** Time to the first byte and for all of it, ms. SPEC 4.11. */
const FIRST_BYTE_MS = 10_000;
const WHOLE_MS = 60_000;
const MAX_REDIRECTS = 3;

export interface MediaServices {
  readonly store: Store;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly mediaFiles: MediaFiles;
  /** Fetches what is named by URL; judges every address. */
  readonly http: HttpClient;
  /** Decodes it. Resolves its length, ms; throws `media_unreachable` with the reason it cannot be played. */
  readonly measureAudio: (sha256: string, bytes: Uint8Array) => Promise<number>;
}

export function mediaRoutes(services: MediaServices): Route[] {
  const spec: ResourceSpec<MediaRecord> = {
    path: "/v1/media",
    tag: "Media",
    noun: "media file",
    schema: "Media",
    listSchema: "MediaList",
    rows: services.store.media,
    serialize: serializeMedia,
  };
  const removeFile = (row: MediaRecord): Promise<void> => services.mediaFiles.remove(row.path);
  return [listRoute(spec), create(spec, services), getRoute(spec), deleteRoute(spec, removeFile)];
}

/** The bytes behind a `media_name`; undefined when the tenant has none of that name. */
export function mediaLibrary(store: Store, files: MediaFiles) {
  return async (tenantId: string, name: string): Promise<Uint8Array | undefined> => {
    const row = await store.media.byName(tenantId, name);
    return row && files.read(row.path);
  };
}

function create(spec: ResourceSpec<MediaRecord>, services: MediaServices): Route {
  const { store, clock, makeId, mediaFiles } = services;
  return keyedRoute({
    method: "post",
    path: spec.path,
    scope: "config:write",
    takesUpload: true,
    input: createBody,
    doc: {
      ...docOf(spec, "createMedia", { status: 201, schema: "Media" }),
      summary: "Upload audio, or have it fetched",
      description: "wav, mp3, ogg, flac or m4a of up to 50 MiB; playable by `media_name`.",
      refusals: ["media_unreachable"],
      examples: { url: { name: "greeting", url: "https://example.com/greeting.wav" } },
    },
    run: async ({ tenantId, input }) => {
      const taken = invalidFields([{ param: "name", message: "is already in use" }]);
      if ((await store.media.byName(tenantId, input.name)) !== undefined) throw taken;
      const file = input.file ?? (await fetched(services.http, input.url ?? ""));
      const bytes = file.bytes();
      const format = sniffAudio(bytes);
      if (format === undefined)
        throw new CodedError("unsupported_media_type", "this file is not wav, mp3, ogg, flac or m4a");
      const durationMs = Math.round(await services.measureAudio(file.sha256, bytes));
      const id = makeId("media");
      const path = `${id}.${format}`;
      await mediaFiles.write(path, bytes);
      const facts = { format, path, sizeBytes: bytes.length, durationMs, createdAt: clock.wallMs() };
      const row = { id, tenantId, name: input.name, ...facts };
      try {
        return { status: 201, json: serializeMedia(await saved(spec, row, "name")) };
      } catch (thrown) {
        await mediaFiles.remove(path);
        throw thrown;
      }
    },
  });
}

async function fetched(http: HttpClient, url: string): Promise<UploadedFile> {
  const answer = await http.fetch({
    method: "GET",
    url,
    headers: { accept: "audio/*" },
    timeoutMs: WHOLE_MS,
    firstByteMs: FIRST_BYTE_MS,
    maxBytes: UPLOAD_BYTES,
    maxRedirects: MAX_REDIRECTS,
  });
  if (answer.status !== 200) throw new CodedError("media_unreachable", `${url} answered ${answer.status}`);
  return new UploadedFile(answer.body);
}
