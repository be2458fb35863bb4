/** The audio of a recording, for whoever holds a signed link: whole or in part, so that players can seek. */
import { CodedError } from "@voepy/base";
import type { RecordingRecord, Store } from "@voepy/store";
import type { Context } from "hono";
import { byteRange } from "../byte-range.ts";
import type { OpenRecording, RecordingFiles } from "../io/recording-files.ts";
import { type ApiEnv, publicRoute, type Route } from "../route.ts";
import type { RecordingLinkSigner } from "../sign.ts";
import { noRecording, notReady } from "./recordings.ts";

const MEDIA_TYPE = { mp3: "audio/mpeg", wav: "audio/wav" } as const;

export interface DownloadServices {
  readonly store: Pick<Store, "recordings">;
  readonly files: RecordingFiles;
  readonly links: RecordingLinkSigner;
}

export function downloadRoutes({ store, files, links }: DownloadServices): Route[] {
  return [
    publicRoute({
      method: "get",
      path: "/v1/recordings/{id}/download",
      doc: {
        operationId: "downloadRecording",
        summary: "The audio, by the signed link of a recording's download_url",
        description: "Needs no API key. HEAD and a single Range are supported.",
        tag: "Recordings",
        success: { status: 200, mediaType: "audio/*" },
        query: ["expires", "signature"],
        refusals: ["forbidden", "not_found", "recording_not_ready"],
      },
      async respond(c) {
        const id = c.req.param("id") ?? "";
        if (!links.isValid(id, onlyOne(c, "expires"), onlyOne(c, "signature")))
          throw new CodedError(
            "forbidden",
            "this link is not valid or has expired: get the recording again for a new one",
          );
        const row = await store.recordings.find(id);
        if (row === undefined) throw noRecording();
        if (row.status !== "available") throw notReady(row);
        const file = await files.open(row.path);
        if (file === undefined) throw new CodedError("not_found", "the audio of this recording is gone");
        return respondWith(c, row, file);
      },
    }),
  ];
}

/** A name given twice is no link of ours. */
function onlyOne(c: Context<ApiEnv>, name: string): string | undefined {
  const values = c.req.queries(name);
  return values?.length === 1 ? values[0] : undefined;
}

async function respondWith(c: Context<ApiEnv>, row: RecordingRecord, file: OpenRecording): Promise<Response> {
  const { sizeBytes } = file;
  const tag = `"${row.id}-${sizeBytes}"`;
  c.header("accept-ranges", "bytes");
  c.header("etag", tag);
  c.header("cache-control", "private, no-cache");
  c.header("x-content-type-options", "nosniff");
  c.header("content-type", MEDIA_TYPE[row.format]);
  c.header("content-disposition", `attachment; filename="${row.id}.${row.format}"`);
  // RFC 9110 §13.1.5: a range of another version of the file is not what the client has the rest of.
  const ifRange = c.req.header("if-range");
  const wanted = ifRange === undefined || ifRange === tag ? c.req.header("range") : undefined;
  const range = byteRange(wanted, sizeBytes);
  if (range === "outside") {
    await file.close();
    c.header("content-range", `bytes */${sizeBytes}`);
    return c.body(null, 416);
  }
  const { first, last } = range === "whole" ? { first: 0, last: sizeBytes - 1 } : range;
  if (range !== "whole") c.header("content-range", `bytes ${first}-${last}/${sizeBytes}`);
  c.header("content-length", String(last - first + 1));
  const status = range === "whole" ? 200 : 206;
  if (c.req.method === "HEAD") {
    await file.close();
    return c.body(null, status);
  }
  return c.body(file.stream(first, last), status);
}
