/** Calls over bad links: nothing is stuck, nothing is doubled. */
import { expect, test } from "vitest";
import { type Agent, type Link, Net, SDP } from "./net.ts";

interface Outcome {
  readonly stuck: string[];
  readonly net: Net;
  readonly ann: Agent;
  readonly bob: Agent;
}

/** Calls one after another; the callee rings, answers after a second, and one side hangs up after three. */
function callOver(link: Partial<Link>, calls: number): Outcome {
  const net = new Net(link);
  const ann = net.agent("192.0.2.1");
  const bob = net.agent("192.0.2.2");
  const stuck: string[] = [];
  for (let i = 0; i < calls; i++) {
    const before = { ann: ann.events.length, bob: bob.events.length };
    const session = ann.call("192.0.2.2");
    bob.on = (event) => {
      if (event.type === "invite") bob.do((ua, now) => ua.progress(event.session, { status: 180 }, now));
    };
    net.run(8_000);
    const invites = bob.events.slice(before.bob).filter((event) => event.type === "invite");
    for (const invite of invites) bob.do((ua, now) => ua.accept(invite.session, { sdp: SDP }, now));
    net.run(12_000);
    const answered = ann.events.slice(before.ann).filter((event) => event.type === "answered");
    if (invites.length !== 1 || answered.length !== 1)
      stuck.push(`call ${i}: ${invites.length} INVITE, ${answered.length} answered`);
    const [from, id] = i % 2 === 0 ? [ann, session] : [bob, invites[0]?.session ?? ""];
    from.do((ua, now) => ua.bye(id, [], now));
    net.run(40_000);
  }
  net.run(80_000);
  return { stuck, net, ann, bob };
}

test("10 % loss each way over 200 seeded calls: every one is set up once, answered once and torn down", () => {
  const { stuck, ann, bob } = callOver({ loss: 0.1, seed: 42 }, 200);
  expect(stuck).toEqual([]);
  expect(bob.of("invite")).toHaveLength(200);
  expect(bob.of("confirmed").length + bob.of("ended").filter(({ cause }) => cause === "ackTimeout").length).toBe(200);
  for (const agent of [ann, bob]) {
    expect(agent.ua.counters()).toMatchObject({
      transactions: 0,
      sessions: 0,
      liveSessions: 0,
      dialogs: 0,
      deadlines: 0,
    });
  }
});

test("doubled and reordered datagrams make no second call and no second event", () => {
  const { stuck, ann, bob } = callOver({ duplication: 0.5, reordering: 0.3, seed: 7 }, 50);
  expect(stuck).toEqual([]);
  expect(ann.of("answered")).toHaveLength(50);
  expect(bob.of("confirmed")).toHaveLength(50);
});

test("20 % loss: at least 99 % of calls complete", () => {
  const { stuck } = callOver({ loss: 0.2, seed: 11 }, 100);
  expect(stuck.length).toBeLessThanOrEqual(1);
});
