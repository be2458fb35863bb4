/** What was asked for with all its defaults, or a refusal. */
import { CodedError, checkUrl } from "@voepy/base";
import type { ForkFormat, ForkRequest } from "@voepy/media-engine";
import type { StreamWish } from "@voepy/store";
import type { World } from "../world.ts";

export interface StreamSpec {
  readonly url: string;
  readonly track: "inbound_track" | "outbound_track" | "both_tracks";
  readonly protocol: ForkRequest["protocol"];
  readonly format: ForkFormat;
  readonly talkback: ForkRequest["talkback"];
  readonly authToken: string | undefined;
  readonly customParameters: Readonly<Record<string, string>>;
  /** Undefined: hangs up when it was bidirectional and the call has no other party. */
  readonly onClose: "continue" | "hangup" | undefined;
}

/** Throws CodedError `media_unreachable` for the URL, `invalid_request` for fields that do not go together. */
export function streamSpec(world: World, wish: StreamWish): StreamSpec {
  checkUrl(wish.stream_url, world.allowPrivateUrls, ["ws:", "wss:"]);
  const protocol = wish.stream_protocol ?? "telnyx";
  const track = wish.stream_track ?? "inbound_track";
  const usual = protocol === "jambonz" ? "L16" : "PCMU";
  const byteOrder = wish.stream_l16_byte_order ?? "le";
  const codec = wish.stream_codec ?? usual;
  const format = formatOf(codec, wish.stream_sampling_rate, byteOrder, "stream_sampling_rate");
  checkProtocol(protocol, { track, codec, field: "stream_codec" });
  return {
    url: wish.stream_url,
    track,
    protocol,
    format,
    talkback: talkbackOf(wish, { protocol, track, usual: format }),
    authToken: wish.stream_auth_token,
    customParameters: wish.custom_parameters ?? {},
    onClose: wish.on_stream_close,
  };
}

function talkbackOf(
  wish: StreamWish,
  { protocol, track, usual }: Pick<StreamSpec, "protocol" | "track"> & { usual: ForkFormat },
): StreamSpec["talkback"] {
  const mode = wish.stream_bidirectional_mode ?? "off";
  if (mode === "off") return undefined;
  // Raw bytes have no second description: what comes back is as what goes out.
  const codec =
    wish.stream_bidirectional_codec ?? (protocol === "raw" || protocol === "jambonz" ? usual.codec : "PCMU");
  const rate = wish.stream_bidirectional_sampling_rate ?? (codec === usual.codec ? usual.sampleRateHz : undefined);
  checkProtocol(protocol, { track, codec, field: "stream_bidirectional_codec" });
  const format = formatOf(codec, rate, usual.l16ByteOrder, "stream_bidirectional_sampling_rate");
  return { mode, format, target: wish.stream_bidirectional_target_legs ?? "self" };
}

function formatOf(
  codec: ForkFormat["codec"],
  rateHz: number | undefined,
  l16ByteOrder: "le" | "be",
  field: string,
): ForkFormat {
  const isFree = codec === "L16" || codec === "OPUS";
  if (!isFree && rateHz !== undefined && rateHz !== 8000) throw refusal(field, `${codec} has 8000 Hz only`);
  return { codec, sampleRateHz: rateHz ?? (codec === "OPUS" ? 16_000 : 8000), l16ByteOrder };
}

function checkProtocol(
  protocol: StreamSpec["protocol"],
  { track, codec, field }: { track: StreamSpec["track"]; codec: string; field: string },
): void {
  if (protocol === "twilio" && codec !== "PCMU") throw refusal(field, "the twilio protocol carries PCMU only");
  if (protocol === "jambonz" && codec !== "L16") throw refusal(field, "the jambonz protocol carries L16 only");
  if (protocol === "raw" && track === "both_tracks")
    throw refusal("stream_track", "the raw protocol carries one track, which its bytes could not tell apart");
}

function refusal(param: string, message: string): CodedError {
  return new CodedError("invalid_request", message, { param, details: { errors: [{ param, message }] } });
}
