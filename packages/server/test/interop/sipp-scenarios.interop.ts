/** sipp with scenarios of ours: what trunks and phones do beyond a plain call, and gateways that fail. */
import { systemClock, systemRandom } from "@voepy/base";
import { loopbackUdp, RtpPeer } from "@voepy/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasCommand, until } from "./child.ts";
import { NUMBERS, startWorld, USERS, type World } from "./harness.ts";
import { LOOPBACK, type Sipp, type SippOptions, startSipp } from "./sipp.ts";

const EAR_HZ = 700;
const ROUTE = "voepy_route_gateways";
const FAR_NUMBER = "+442071838750";

describe.skipIf(!hasCommand("sipp"))("sipp's caller", () => {
  let world: World;
  const running: Sipp[] = [];
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());
  afterEach(async () => {
    for (const sipp of running.splice(0)) await sipp.stop();
  });

  const callIn = async (scenario: string, number: string, more: Omit<SippOptions, "to"> = {}): Promise<Sipp> => {
    const sipp = await startSipp(scenario, { ...more, to: { number, sipPort: world.sipPort } });
    running.push(sipp);
    return sipp;
  };
  /** Waits for a call that no test before has seen. */
  const nextCallTo = (number: string, known: ReadonlySet<string>): Promise<string> =>
    world.hooks.waitForCallTo(number, known).then((started) => started.callId);
  const knownCalls = (): Set<string> => new Set(world.hooks.events().map((event) => event.callId));
  const endedWell = async (callId: string): Promise<void> => {
    expect(await world.callBecomes(callId, "ended")).toMatchObject({
      end_reason: "completed",
      end_initiator: "caller",
    });
    expect(world.hooks.problems()).toEqual([]);
  };

  test("that offers late (§13.2.1) is heard and hears at the address its ACK names", async () => {
    const known = knownCalls();
    const ear = await RtpPeer.open({ network: loopbackUdp, clock: systemClock, random: systemRandom });
    const sipp = await callIn("late-offer", NUMBERS.echo, { keys: { ear: ear.local.port } });
    const callId = await nextCallTo(NUMBERS.echo, known);
    await world.callBecomes(callId, "answered");
    const offer = await until("our offer", async () =>
      (await world.trace(callId)).find((line) => line.direction === "sent" && line.status === 200),
    );
    ear.remote = { address: LOOPBACK, port: Number(/^m=audio (\d+)/m.exec(offer.text)?.[1]) };
    ear.sayTone(EAR_HZ);
    await until("the echo", () => (ear.heardHz().includes(EAR_HZ) ? true : undefined), { explain: sipp.output });
    ear.hush();
    expect(await sipp.ended, sipp.output()).toBe(0);
    ear.close();
    await endedWell(callId);
  });

  test("holds by sendonly, inactive and 0.0.0.0 and resumes each time (RFC 3264 §8.4): told by webhooks", async () => {
    const known = knownCalls();
    const sipp = await callIn("hold", NUMBERS.echo);
    expect(await sipp.ended, sipp.output()).toBe(0);
    const callId = await nextCallTo(NUMBERS.echo, known);
    await endedWell(callId);
    await world.hooks.waitFor("call.ended", callId);
    const told = world.hooks.events(callId).map((event) => event.eventType);
    expect(told.filter((type) => type === "call.held" || type === "call.resumed")).toEqual([
      "call.held",
      "call.resumed",
      "call.held",
      "call.resumed",
      "call.held",
      "call.resumed",
    ]);
  });

  test("holds, resumes and refreshes by UPDATE (RFC 3311)", async () => {
    const known = knownCalls();
    const sipp = await callIn("update", NUMBERS.echo);
    expect(await sipp.ended, sipp.output()).toBe(0);
    const callId = await nextCallTo(NUMBERS.echo, known);
    await endedWell(callId);
    await world.hooks.waitFor("call.ended", callId);
    const told = world.hooks.events(callId).map((event) => event.eventType);
    expect(told.filter((type) => type === "call.held" || type === "call.resumed")).toEqual([
      "call.held",
      "call.resumed",
    ]);
  });

  test("is challenged as a softphone and dials with its password (§22.2)", async () => {
    const known = knownCalls();
    const sipp = await callIn("digest", NUMBERS.echo);
    expect(await sipp.ended, sipp.output()).toBe(0);
    const callId = await nextCallTo(NUMBERS.echo, known);
    expect(await world.callBecomes(callId, "ended")).toMatchObject({ from: USERS.alice });
    await endedWell(callId);
  });

  test("that requires 100rel gets a reliable 180 (RFC 3262 §3)", async () => {
    const known = knownCalls();
    const sipp = await callIn("prack", NUMBERS.webhook);
    const callId = await nextCallTo(NUMBERS.webhook, known);
    await world.act(callId, "answer");
    expect(await sipp.ended, sipp.output()).toBe(0);
    await endedWell(callId);
  });

  test("that asks for too short a session gets 422, and may refresh a longer one (RFC 4028 §6, §9)", async () => {
    const known = knownCalls();
    const sipp = await callIn("session-timer", NUMBERS.echo);
    expect(await sipp.ended, sipp.output()).toBe(0);
    await endedWell(await nextCallTo(NUMBERS.echo, known));
  });
});

describe.skipIf(!hasCommand("sipp"))("gateways that are sipp", () => {
  let world: World | undefined;
  const running: Sipp[] = [];
  afterEach(async () => {
    for (const sipp of running.splice(0)) await sipp.stop();
    await world?.close();
    world = undefined;
  });

  const gateway = async (scenario: string, more: SippOptions = {}): Promise<Sipp> => {
    const sipp = await startSipp(scenario, more);
    running.push(sipp);
    return sipp;
  };
  /** Calls over a route of these gateways, tried in this order. */
  const dialOver = async (...ports: readonly number[]): Promise<{ server: World; callId: string }> => {
    const gateways = ports.map((port, i) => `{host: ${LOOPBACK}, port: ${port}, transport: udp, priority: ${i + 1}}`);
    const server = await startWorld({
      routes: [
        `{id: ${ROUTE}, direction: out, gateways: [${gateways.join(", ")}], options_ping_secs: 0, follow_redirects: true, codecs: [PCMU]}`,
      ],
    });
    world = server;
    const dialled = await server.api("POST", "/v1/calls", { from: NUMBERS.echo, to: FAR_NUMBER, route_id: ROUTE });
    expect(dialled.status, JSON.stringify(dialled.body)).toBe(201);
    return { server, callId: dialled.body.id };
  };
  /** Ends the call; one call was told of, and the last gateway answered the only INVITE that was answered. */
  const endOneCall = async (server: World, callId: string, answering: Sipp): Promise<void> => {
    await server.callBecomes(callId, "answered");
    await server.act(callId, "hangup");
    expect(await answering.ended, answering.output()).toBe(0);
    await server.hooks.waitFor("call.ended", callId);
    const told = server.hooks.events().map((event) => event.eventType);
    expect(told.filter((type) => type === "call.started")).toHaveLength(1);
    const answers = (await server.trace(callId)).filter((line) => line.method === "INVITE" && line.status === 200);
    expect(answers.map((line) => line.remote.port)).toEqual([answering.sipPort]);
    expect(server.hooks.problems()).toEqual([]);
  };

  test("the first silent, the second without a circuit (503): the third answers", async () => {
    const silent = await loopbackUdp.bind({ onPacket: () => undefined });
    const [full, answering] = [await gateway("uas-503"), await gateway("uas")];
    const { server, callId } = await dialOver(silent.port, full.sipPort, answering.sipPort);
    await endOneCall(server, callId, answering);
    silent.close();
    expect(await full.ended, full.output()).toBe(0);
  });

  test("the first redirects to a port that no route names (302, §8.1.3.4): that one answers", async () => {
    const answering = await gateway("uas");
    const redirecting = await gateway("uas-302", { keys: { moved: answering.sipPort } });
    const { server, callId } = await dialOver(redirecting.sipPort);
    await endOneCall(server, callId, answering);
    expect(await redirecting.ended, redirecting.output()).toBe(0);
  });

  test("one whose 183 is reliable gets our PRACK (RFC 3262 §4)", async () => {
    const answering = await gateway("uas-prack");
    const { server, callId } = await dialOver(answering.sipPort);
    await endOneCall(server, callId, answering);
  });
});
