/** kamailio between the server and sipp, with Record-Route (RFC 3261 §16.12): every message of the dialog passes it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Child, freePort, hasCommand, until } from "./child.ts";
import { NUMBERS, startWorld, type World } from "./harness.ts";
import { ACCOUNT, startProxy } from "./kamailio.ts";
import { LOOPBACK, startSipp } from "./sipp.ts";

const ROUTE = "voepy_route_proxy";

describe.skipIf(!hasCommand("kamailio") || !hasCommand("sipp"))("kamailio in the middle", () => {
  let world: World;
  let proxyPort: number;
  const running: Child[] = [];
  beforeEach(async () => {
    proxyPort = await freePort();
    world = await startWorld({
      routes: [
        `{id: ${ROUTE}, direction: out, gateways: [{host: ${LOOPBACK}, port: ${proxyPort}, transport: udp}], options_ping_secs: 0, codecs: [PCMU]}`,
      ],
    });
  });
  afterEach(async () => {
    for (const child of running.splice(0)) await child.stop("SIGTERM");
    await world.close();
  });

  const passesOnlyTheProxy = async (callId: string): Promise<void> => {
    const messages = await world.trace(callId);
    expect(messages.map((message) => message.remote.port)).toEqual(messages.map(() => proxyPort));
    expect(messages.map((message) => message.method)).toEqual(expect.arrayContaining(["INVITE", "ACK", "BYE"]));
    expect(world.hooks.problems()).toEqual([]);
  };

  test("a call in, with holds by re-INVITE: ACK, re-INVITE and BYE take the recorded route", async () => {
    running.push(startProxy({ port: proxyPort, serverPort: world.sipPort, farPort: await freePort() }));
    const sipp = await startSipp("hold", { to: { number: NUMBERS.echo, sipPort: proxyPort } });
    running.push(sipp);
    expect(await sipp.ended, sipp.output()).toBe(0);
    const { callId } = await world.hooks.waitForCallTo(NUMBERS.echo);
    expect(await world.callBecomes(callId, "ended")).toMatchObject({ end_initiator: "caller" });
    await passesOnlyTheProxy(callId);
  });

  test("a call out: our ACK and BYE take the recorded route", async () => {
    const answering = await startSipp("uas");
    running.push(answering);
    running.push(startProxy({ port: proxyPort, serverPort: world.sipPort, farPort: answering.sipPort }));
    const body = { from: NUMBERS.echo, to: "+442071838750", route_id: ROUTE };
    const { id } = (await world.api("POST", "/v1/calls", body)).body;
    await world.callBecomes(id, "answered");
    await world.act(id, "hangup");
    expect(await answering.ended, answering.output()).toBe(0);
    expect(await world.callBecomes(id, "ended")).toMatchObject({ end_initiator: "api" });
    await passesOnlyTheProxy(id);
  });
});

describe.skipIf(!hasCommand("kamailio"))("kamailio as registrar", () => {
  test.each([
    ["the password is right", ACCOUNT.password, "registered"],
    ["the password is wrong", "guess", "failed"],
  ])("when %s, the route says so", async (_, password, status) => {
    const port = await freePort();
    const proxy = startProxy({ port, serverPort: await freePort(), farPort: await freePort() });
    const auth = `{mode: registration, username: ${ACCOUNT.username}, password: ${password}}`;
    const world = await startWorld({
      routes: [
        `{id: ${ROUTE}, direction: both, gateways: [{host: ${LOOPBACK}, port: ${port}, transport: udp}], auth: ${auth}, codecs: [PCMU]}`,
      ],
    });
    let last: { registration: { status: string } | null } | undefined;
    const look = async (): Promise<true | undefined> => {
      last = (await world.api<{ registration: { status: string } | null }>("GET", `/v1/routes/${ROUTE}`)).body;
      return last.registration?.status === status || undefined;
    };
    try {
      await until(status, look, { explain: () => `${JSON.stringify(last)}\n${proxy.output()}` });
    } finally {
      await world.close();
      await proxy.stop("SIGTERM");
    }
  });
});
