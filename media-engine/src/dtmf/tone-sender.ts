/** Digits as in-band tones, where no telephone-event was negotiated. */
export interface ToneSender {
  /** Throws as EventSender's does. */
  enqueue(digits: string, durationMs: number): void;
  /** Once a tick. True: `out` was overwritten with tone or the silence around it. False: nothing to send, `out` untouched. */
  fill(out: Int16Array): boolean;
  readonly isIdle: boolean;
  /** As EventSender's. */
  takeCompleted(): number;
  clear(): void;
}
export declare function makeToneSender(sampleRateHz: number): ToneSender;
