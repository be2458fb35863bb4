/**
 * What a string of digits to send means, for both ways of sending it.
 *
 *            1209  1336  1477  1633 Hz (ITU-T Q.23)
 *   697 Hz     1     2     3     A        event codes (RFC 4733 table 3): 0–9 as they are, * 10, # 11, A–D 12–15
 *   770 Hz     4     5     6     B
 *   852 Hz     7     8     9     C
 *   941 Hz     *     0     #     D
 */
import { CodedError } from "@voepy/base";

/** Index: event code. */
export const EVENT_DIGITS = "0123456789*#ABCD";
/** Silence kept between two presses. */
export const GAP_MS = 80;
const PAUSE_MS: Readonly<Record<string, number>> = { w: 500, W: 1000 };
const MOST_QUEUED = 1024;

const ROWS_HZ = [697, 770, 852, 941];
const COLUMNS_HZ = [1209, 1336, 1477, 1633];
const GRID = "123A456B789C*0#D";

export interface Press {
  /** 0–15, or -1 for a pause. */
  readonly event: number;
  readonly durationMs: number;
  /** The last of one `enqueue`. */
  readonly isLast: boolean;
}

/** Throws CodedError `invalid_request` naming the first thing that is no digit. An empty string is one empty pause. */
export function parsePresses(digits: string, durationMs: number): Press[] {
  if (!(durationMs > 0) || durationMs > 8000)
    throw new CodedError("invalid_request", `a digit lasts 1 to 8000 ms, not ${durationMs}`);
  if (digits.length > MOST_QUEUED)
    throw new CodedError("invalid_request", `${MOST_QUEUED} digits at most, not ${digits.length}`);
  if (digits === "") return [{ event: -1, durationMs: 0, isLast: true }];
  return Array.from(digits, (digit, i) => {
    const isLast = i === digits.length - 1;
    const pauseMs = PAUSE_MS[digit];
    if (pauseMs !== undefined) return { event: -1, durationMs: pauseMs, isLast };
    const event = EVENT_DIGITS.indexOf(digit);
    if (event < 0) throw new CodedError("invalid_request", `"${digit}" is none of 0-9 A-D * # w W`);
    return { event, durationMs, isLast };
  });
}

/** Low and high frequency of a press. */
export function frequenciesOf(event: number): readonly [number, number] {
  const at = GRID.indexOf(EVENT_DIGITS.charAt(event));
  return [ROWS_HZ[at >> 2] ?? 0, COLUMNS_HZ[at & 3] ?? 0];
}
