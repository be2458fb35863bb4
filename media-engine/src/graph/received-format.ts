/** Which payload types a far end may send, and in what they are coded. */
import { type Codec, findCodec } from "../codec/codec.ts";
import type { PortParams } from "../types.ts";

export interface ReceivedFormat {
  readonly payloadType: number;
  readonly codec: Codec;
}

/**
 * All that `params` allow, the one agreed first; then `former`, what came until now: packets that were on their way
 * when the far end changed its codec are still taken (RFC 3264 §8.3.2).
 */
export function receivedFormats(params: PortParams, former: ReceivedFormat | undefined): readonly ReceivedFormat[] {
  const formats: ReceivedFormat[] = [];
  const add = (payloadType: number, codec: Codec | undefined): void => {
    const isTaken =
      payloadType === params.telephoneEvent?.rxPayloadType ||
      formats.some((format) => format.payloadType === payloadType);
    if (codec !== undefined && !isTaken) formats.push({ payloadType, codec });
  };
  add(params.rxPayloadType, findCodec(params.codec, params.rtpClockHz));
  for (const { codec, rxPayloadType, rtpClockHz } of params.alsoReceives ?? [])
    add(rxPayloadType, findCodec(codec, rtpClockHz));
  if (former !== undefined) add(former.payloadType, former.codec);
  return formats;
}
