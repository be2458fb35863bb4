/** Where a recording can be fetched: signed and expiring, made anew each time it is shown. */
export interface RecordingLinks {
  recordingUrl(recordingId: string): string;
}
