/** The four machines, printed; to be laid beside figures 5 to 8 of RFC 3261 and RFC 6026 §7. */
import { expect, test } from "vitest";
import { client } from "./client.ts";
import { inviteClient } from "./invite-client.ts";
import { inviteServer } from "./invite-server.ts";
import { server } from "./server.ts";
import { markdownOf } from "./table.ts";
import { TIMERS } from "./timers.ts";

test("INVITE client: RFC 3261 figure 5 with Accepted of RFC 6026 §7.2", () => {
  expect(`\n${markdownOf(inviteClient)}\n`).toMatchInlineSnapshot(`
    "
    | state | input | next | actions |
    |---|---|---|---|
    | calling | timerA | · | resend, rearm A |
    | calling | timerB | terminated | timeout |
    | calling | provisional | proceeding | stop A, stop B, pass |
    | calling | success | accepted | stop A, stop B, arm M, pass |
    | calling | failure | completed | stop A, stop B, arm D, ack, pass |
    | calling | sendFailed | terminated | unreachable |
    | proceeding | provisional | · | pass |
    | proceeding | success | accepted | arm M, pass |
    | proceeding | failure | completed | arm D, ack, pass |
    | completed | failure | · | ack |
    | completed | provisional | · | absorb |
    | completed | timerD | terminated | – |
    | completed | sendFailed | terminated | – |
    | accepted | success | · | pass |
    | accepted | timerM | terminated | – |
    "
  `);
});

test("non-INVITE client: RFC 3261 figure 6", () => {
  expect(`\n${markdownOf(client)}\n`).toMatchInlineSnapshot(`
    "
    | state | input | next | actions |
    |---|---|---|---|
    | trying | timerE | · | resend, rearm E |
    | trying | timerF | terminated | timeout |
    | trying | provisional | proceeding | pass |
    | trying | success | completed | stop E, stop F, arm K, pass |
    | trying | failure | completed | stop E, stop F, arm K, pass |
    | trying | sendFailed | terminated | unreachable |
    | proceeding | timerE | · | resend, rearmAtCap E |
    | proceeding | timerF | terminated | timeout |
    | proceeding | provisional | · | pass |
    | proceeding | success | completed | stop E, stop F, arm K, pass |
    | proceeding | failure | completed | stop E, stop F, arm K, pass |
    | proceeding | sendFailed | terminated | unreachable |
    | completed | success | · | absorb |
    | completed | failure | · | absorb |
    | completed | timerK | terminated | – |
    "
  `);
});

test("INVITE server: RFC 3261 figure 7 with Accepted of RFC 6026 §7.1", () => {
  expect(`\n${markdownOf(inviteServer)}\n`).toMatchInlineSnapshot(`
    "
    | state | input | next | actions |
    |---|---|---|---|
    | proceeding | request | · | resend |
    | proceeding | provisional | · | send |
    | proceeding | success | accepted | send, arm L |
    | proceeding | failure | completed | send, arm G, arm H |
    | proceeding | sendFailed | terminated | unreachable |
    | accepted | request | · | absorb |
    | accepted | success | · | send |
    | accepted | ack | · | pass |
    | accepted | timerL | terminated | – |
    | accepted | sendFailed | · | absorb |
    | completed | request | · | resend |
    | completed | timerG | · | resend, rearm G |
    | completed | timerH | terminated | – |
    | completed | ack | confirmed | stop G, stop H, arm I |
    | completed | sendFailed | terminated | – |
    | confirmed | request | · | absorb |
    | confirmed | ack | · | absorb |
    | confirmed | timerI | terminated | – |
    "
  `);
});

test("non-INVITE server: RFC 3261 figure 8", () => {
  expect(`\n${markdownOf(server)}\n`).toMatchInlineSnapshot(`
    "
    | state | input | next | actions |
    |---|---|---|---|
    | trying | request | · | absorb |
    | trying | provisional | proceeding | send |
    | trying | success | completed | send, arm J |
    | trying | failure | completed | send, arm J |
    | proceeding | request | · | resend |
    | proceeding | provisional | · | send |
    | proceeding | success | completed | send, arm J |
    | proceeding | failure | completed | send, arm J |
    | proceeding | sendFailed | terminated | – |
    | completed | request | · | resend |
    | completed | timerJ | terminated | – |
    | completed | sendFailed | terminated | – |
    "
  `);
});

test("timers: RFC 3261 table 4, T1 500 ms, T2 4 s, T4 5 s; reliable transports neither repeat nor wait", () => {
  const rows = Object.entries(TIMERS).map(([name, row]) => [name, row.unreliableMs, row.reliableMs, row.capMs]);
  expect(rows).toEqual([
    ["A", 500, undefined, 32_000],
    ["B", 32_000, 32_000, undefined],
    ["D", 32_000, 0, undefined],
    ["E", 500, undefined, 4000],
    ["F", 32_000, 32_000, undefined],
    ["G", 500, undefined, 4000],
    ["H", 32_000, 32_000, undefined],
    ["I", 5000, 0, undefined],
    ["J", 32_000, 0, undefined],
    ["K", 5000, 0, undefined],
    ["L", 32_000, 32_000, undefined],
    ["M", 32_000, 32_000, undefined],
  ]);
});
