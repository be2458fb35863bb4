/**
 * The fields of one RTP packet that the sound side reads: the loop's reused header struct fits it, no copy needed.
 * The payload is `bytes[payloadOffset .. payloadOffset + payloadSize)` of the buffer handed along with it.
 */
export interface AudioPacket {
  /** 16 bits, as on the wire. */
  readonly seq: number;
  /** 32 bits unsigned, as on the wire. */
  readonly rtpTimestamp: number;
  /** 32 bits unsigned. */
  readonly ssrc: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly payloadOffset: number;
  readonly payloadSize: number;
}
