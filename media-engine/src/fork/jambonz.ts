/**
 * The `listen` of jambonz: one text frame of what the call is, then binary L16, little-endian; with both tracks they are the
 * left and the right of one stereo stream. Commands come as text with a `type`.
 */
import type { ForkRequest } from "../types.ts";
import { bytesOf, fieldsOf, type JsonFields, readObject, textOf } from "./json.ts";
import type { ForkInput, ForkProtocol, MediaFrame } from "./protocol.ts";
import { malformed } from "./telnyx.ts";

/** Frames of one track that wait for the other's: they differ by what one was late. */
const MOST_UNPAIRED = 50;

export function makeJambonz(request: ForkRequest): ForkProtocol {
  const { facts, format, tracks } = request;
  const stereo = tracks === "both" ? makeStereo() : undefined;
  return {
    opening: () => [
      JSON.stringify({
        callSid: facts.callId,
        accountSid: facts.accountId,
        direction: facts.direction,
        from: facts.from,
        to: facts.to,
        sampleRate: format.sampleRateHz,
        mixType: tracks === "both" ? "stereo" : "mono",
        metadata: facts.customParameters,
      }),
    ],
    media: (frame) => (stereo === undefined ? frame.payload : stereo(frame)),
    digit: (digit, durationMs) => JSON.stringify({ event: "dtmf", dtmf: digit, duration: String(durationMs) }),
    mark: (mark, isCleared) =>
      mark.of === "playback"
        ? JSON.stringify({ type: "playDone", data: { id: mark.name } })
        : JSON.stringify({ type: "mark", data: { name: mark.name, event: isCleared ? "cleared" : "playout" } }),
    fault: () => undefined,
    stop: () => undefined,
    read: (message) => (typeof message === "string" ? readCommand(message) : [{ type: "audio", bytes: message }]),
  };
}

/** Left what the party says, right what it hears. */
function makeStereo(): (frame: MediaFrame) => Uint8Array | undefined {
  const waiting: { readonly rx: Uint8Array[]; readonly tx: Uint8Array[] } = { rx: [], tx: [] };
  return ({ track, payload }) => {
    waiting[track].push(payload);
    if (waiting[track].length > MOST_UNPAIRED) waiting[track].shift();
    const { rx, tx } = waiting;
    if (rx[0] === undefined || tx[0] === undefined) return undefined;
    const left = rx.shift() ?? payload;
    const right = tx.shift() ?? payload;
    const both = new Uint8Array(left.length + right.length);
    for (let i = 0; i + 1 < left.length; i += 2) {
      both[2 * i] = left[i]!;
      both[2 * i + 1] = left[i + 1]!;
      both[2 * i + 2] = right[i]!;
      both[2 * i + 3] = right[i + 1]!;
    }
    return both;
  };
}

function readCommand(message: string): ForkInput[] {
  const fields = readObject(message);
  const type = textOf(fields?.["type"]);
  if (fields === undefined || type === undefined) return [malformed("type is missing")];
  const data = fieldsOf(fields["data"]) ?? {};
  switch (type) {
    case "playAudio":
      return readPlayAudio(data);
    case "killAudio":
      return [{ type: "clear" }];
    case "clearMarks":
      return [{ type: "clearMarks" }];
    case "mark": {
      const name = textOf(data["name"]);
      return name === undefined ? [malformed("data.name is missing")] : [{ type: "mark", mark: { name, of: "mark" } }];
    }
    case "disconnect":
      return [{ type: "hangUp" }];
    default:
      return [];
  }
}

function readPlayAudio(data: JsonFields): ForkInput[] {
  const bytes = bytesOf(data["audioContent"]);
  if (bytes === undefined) return [malformed("data.audioContent must be base64")];
  const rate = Number(data["sampleRate"] ?? 8000);
  const isRaw = data["audioContentType"] === "raw";
  const id = textOf(data["id"]);
  return [
    // Unless it is to be queued it takes the place of what plays.
    ...(data["queuePlay"] === true ? [] : [{ type: "clear" as const }]),
    isRaw
      ? { type: "audio" as const, bytes, rateHz: rate >= 8000 && rate <= 48_000 ? rate : 8000 }
      : { type: "file" as const, bytes },
    ...(id === undefined ? [] : [{ type: "mark" as const, mark: { name: id, of: "playback" as const } }]),
  ];
}
