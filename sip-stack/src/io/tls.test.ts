/** SIP over TLS on loopback; @net. Names and certificates: test/certificates. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { silentLog } from "@voepy/base";
import { afterEach, expect, test } from "vitest";
import { certificate, closeAll, closeLater, listenerOf, party, SDP } from "../../test/party.ts";
import { HandClock, OPTIONS, type Rig, rig } from "../../test/transport-rig.ts";
import { CertificateFiles } from "./certificate.ts";
import type { FlowLimits } from "./flow-limits.ts";
import { openTls } from "./tls.ts";

afterEach(closeAll);

const AUTHORITY = certificate("authority.crt");

function tlsRig(name = "sip.test", limits: Partial<FlowLimits> = {}): Promise<Rig> {
  const pair = { cert: certificate(`${name}.crt`), key: certificate(`${name}.key`) };
  const listener = { transport: "tls", host: "127.0.0.1", port: 0, ...pair } as const;
  return rig((surroundings) => openTls(surroundings, AUTHORITY), listener, limits);
}

test("@net a call is set up and released over TLS; Via and Contact say so (RFC 3261 §18.1, §26.2.1)", async () => {
  const ann = await party([listenerOf("tls")], 1);
  const bob = await party([listenerOf("tls")], 2);
  const session = ann.call({ transport: "tls", host: "127.0.0.1", port: bob.port });
  const { session: theirs, headers, source } = await bob.next("invite");
  expect(source).toMatchObject({ transport: "tls", address: "127.0.0.1" });
  const valueOf = (name: string): string | undefined => headers.find((header) => header.name === name)?.value;
  expect(valueOf("Via")).toMatch(`SIP/2.0/TLS 127.0.0.1:${ann.port};`);
  expect(valueOf("Contact")).toBe(`<sip:voepy@127.0.0.1:${ann.port};transport=tls>`);
  bob.endpoint.accept(theirs, { sdp: SDP });
  await ann.next("answered");
  expect(ann.endpoint.bye(session)).toBe(true);
  expect(await bob.next("ended")).toMatchObject({ cause: "bye" });
});

test("@net a certificate for another name is refused before anything is sent (RFC 5922 §7.3)", async () => {
  const server = await tlsRig();
  const client = await tlsRig();
  const to = { transport: "tls", address: "127.0.0.1", port: server.transport.bound.port } as const;
  expect(await client.failure(OPTIONS, { ...to, name: "evil.test" })).toContain("evil.test");
  client.transport.send(OPTIONS, { ...to, name: "sip.test" }, () => undefined);
  client.transport.send(OPTIONS, { ...to, name: "a.wild.test" }, () => undefined);
  const [first, second] = [await server.nextSource(), await server.nextSource()];
  // A connection is used again only for the name it was checked for.
  expect(first.flow).not.toBe(second.flow);
  client.transport.send(OPTIONS, { ...to, name: "sip.test" }, () => undefined);
  expect([first.flow, second.flow]).toContain((await server.nextSource()).flow);
});

test("@net a SIP URI in the certificate is the only name that counts (RFC 5922 §7.1)", async () => {
  const server = await tlsRig("other.test");
  const client = await tlsRig();
  const to = { transport: "tls", address: "127.0.0.1", port: server.transport.bound.port } as const;
  expect(await client.failure(OPTIONS, { ...to, name: "sip.test" })).toBe(
    "the certificate is for other.test, not for sip.test",
  );
  client.transport.send(OPTIONS, { ...to, name: "other.test" }, () => undefined);
  expect((await server.nextSource()).transport).toBe("tls");
});

test("@net an authority nobody trusts is refused", async () => {
  const server = await tlsRig();
  const client = await rig((surroundings) => openTls(surroundings), listenerOf("tls"));
  const to = { transport: "tls", address: "127.0.0.1", port: server.transport.bound.port, name: "sip.test" } as const;
  expect(await client.failure(OPTIONS, to)).toMatch(/certificate/);
});

test("@net a stalled handshake is ended in its time, and others go on", async () => {
  const server = await tlsRig("sip.test", { connectMs: 50 });
  const stalled = connectTcp({ host: "127.0.0.1", port: server.transport.bound.port });
  closeLater(() => stalled.destroy());
  const ended = new Promise<void>((done) => stalled.once("close", () => done()));
  stalled.resume();
  await ended;
  expect(server.counted).toEqual(["tlsHandshakeFailures"]);
  const client = await tlsRig();
  const to = { transport: "tls", address: "127.0.0.1", port: server.transport.bound.port, name: "sip.test" } as const;
  client.transport.send(OPTIONS, to, () => undefined);
  await server.nextSource();
});

test("@net connections that do not shake hands count against their address", async () => {
  const server = await tlsRig("sip.test", { perAddress: 2 });
  const sockets = [1, 2, 3].map(() => connectTcp({ host: "127.0.0.1", port: server.transport.bound.port }));
  for (const socket of sockets) closeLater(() => socket.destroy());
  await server.until(() => server.counted.length > 0);
  expect(server.counted).toEqual(["tlsRefusedConnections"]);
});

test("@net nothing older than TLS 1.2 is spoken", async () => {
  const server = await tlsRig();
  const old = connectTls({
    host: "127.0.0.1",
    port: server.transport.bound.port,
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0",
    rejectUnauthorized: false,
  });
  closeLater(() => old.destroy());
  const problem = await new Promise<string>((done) => {
    old.once("error", (error) => done(error.message));
    old.once("secureConnect", () => done("connected"));
  });
  expect(problem).toMatch(/version|alert/);
});

test("a listener without a certificate, or with one that cannot be used, says what it needs", async () => {
  const bare = { transport: "tls", host: "127.0.0.1", port: 0 } as const;
  await expect(party([bare], 1)).rejects.toThrow("tls 127.0.0.1:0 needs cert and key: paths of PEM files");
  const mixed = { ...bare, cert: certificate("sip.test.crt"), key: certificate("other.test.key") };
  await expect(party([mixed], 1)).rejects.toThrow(/tls 127\.0\.0\.1:0: certificate .* cannot be used: .*mismatch/);
  await expect(party([{ ...mixed, key: "/nowhere.key" }], 1)).rejects.toThrow("ENOENT");
});

test("@net a renewed certificate is taken up while connections stay", async () => {
  const folder = await mkdtemp(join(tmpdir(), "voepy-tls-"));
  closeLater(() => rm(folder, { recursive: true }));
  const put = async (name: string): Promise<void> => {
    await copyFile(certificate(`${name}.crt`), join(folder, "a.crt"));
    await copyFile(certificate(`${name}.key`), join(folder, "a.key"));
  };
  await put("sip.test");
  const files = { cert: join(folder, "a.crt"), key: join(folder, "a.key") };
  const listener = { transport: "tls", host: "127.0.0.1", port: 0, ...files } as const;
  const server = await rig((surroundings) => openTls(surroundings), listener, { idleMs: 100_000_000 });
  const subjectOf = async (socket: TLSSocket): Promise<string> => {
    closeLater(() => socket.destroy());
    await new Promise<void>((done) => socket.once("secureConnect", () => done()));
    return String(socket.getPeerCertificate().subject.CN);
  };
  const dial = (): TLSSocket =>
    connectTls({ host: "127.0.0.1", port: server.transport.bound.port, rejectUnauthorized: false });
  const before = dial();
  expect(await subjectOf(before)).toBe("sip.test");
  await put("other.test");
  // The look is due every minute; reading the files takes its own time.
  for (let subject = ""; subject !== "other.test"; subject = await subjectOf(dial())) server.clock.advance(60_000);
  before.write(OPTIONS);
  expect((await server.nextSource()).transport).toBe("tls");
});

test("a changed pair that does not fit is told and the old one stays", async () => {
  const folder = await mkdtemp(join(tmpdir(), "voepy-tls-"));
  closeLater(() => rm(folder, { recursive: true }));
  const files = { cert: join(folder, "a.crt"), key: join(folder, "a.key") };
  await copyFile(certificate("sip.test.crt"), files.cert);
  await copyFile(certificate("sip.test.key"), files.key);
  const told: string[] = [];
  const log = { ...silentLog, error: (text: string) => void told.push(text) };
  const open = await CertificateFiles.open({ ...listenerOf("tls"), ...files }, { clock: new HandClock(), log });
  const { cert } = open.pair;
  await copyFile(certificate("other.test.crt"), files.cert);
  await open.reload(() => told.push("changed"));
  expect(told).toEqual(["a changed certificate cannot be used: the old one stays"]);
  expect(open.pair.cert).toBe(cert);
  await copyFile(certificate("other.test.key"), files.key);
  await open.reload(() => told.push("changed"));
  expect(told.at(-1)).toBe("changed");
});
