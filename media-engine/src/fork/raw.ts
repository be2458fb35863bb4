/** No protocol: one text frame that says what follows, then nothing but payloads of the codec, both ways. */
import type { ForkRequest } from "../types.ts";
import type { ForkProtocol } from "./protocol.ts";
import { telnyxStart } from "./telnyx.ts";

export function makeRaw(request: ForkRequest): ForkProtocol {
  return {
    opening: () => [telnyxStart(request, "1")],
    media: ({ payload }) => payload,
    digit: () => undefined,
    mark: () => undefined,
    fault: () => undefined,
    stop: () => undefined,
    read: (message) => (typeof message === "string" || message.length === 0 ? [] : [{ type: "audio", bytes: message }]),
  };
}
