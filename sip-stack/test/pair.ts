/** Two user agents of ours over a link that loses every tenth packet, and what tests of calls between them share. */
import { expect } from "vitest";
import { type Agent, type AgentOptions, Net, SDP } from "./net.ts";

export const ANN = "192.0.2.1";
export const BOB = "192.0.2.2";

/** Each test runs over all of them: another packet is lost each time. */
export const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

export const HOLD = SDP.replace("m=audio", "a=sendonly\r\nm=audio");

export interface Pair {
  readonly net: Net;
  readonly ann: Agent;
  readonly bob: Agent;
}

export function lossyPair(seed: number, options: { ann?: AgentOptions; bob?: AgentOptions } = {}): Pair {
  const net = new Net({ loss: 0.1, seed });
  return { net, ann: net.agent(ANN, options.ann), bob: net.agent(BOB, options.bob) };
}

/** Ann calls, Bob answers at once; 40 s later both are settled. */
export function talking(pair: Pair): Pair & { annSession: string; bobSession: string } {
  const { net, ann, bob } = pair;
  bob.on = (event) => {
    if (event.type === "invite") bob.do((ua, now) => ua.accept(event.session, { sdp: SDP }, now));
  };
  const annSession = ann.call(BOB);
  net.run(40_000);
  expect(ann.of("answered")).toHaveLength(1);
  return { ...pair, annSession, bobSession: bob.of("invite")[0]!.session };
}

/** Answers every offer. */
export function obliging(agent: Agent, sdp: string = SDP): void {
  agent.on = (event) => {
    if (event.type === "offer") agent.do((ua, now) => ua.answerOffer(event.session, { sdp }, now));
  };
}

/** Ends the call and sees that nothing of it is left on either side. */
export function hangUp({ net, ann, bob }: Pair, session: string): void {
  ann.do((ua, now) => ua.bye(session, [], now));
  expectForgotten({ net, ann, bob });
}

export function expectForgotten({ net, ann, bob }: Pair): void {
  net.run(100_000);
  for (const agent of [ann, bob]) {
    expect(agent.ua.counters()).toMatchObject({
      transactions: 0,
      sessions: 0,
      liveSessions: 0,
      dialogs: 0,
      deadlines: 0,
    });
  }
}
