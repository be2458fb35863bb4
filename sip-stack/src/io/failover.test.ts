/** Finding servers and going on to the next on real sockets; @net. */
import { afterEach, expect, test } from "vitest";
import { fakeDns, srv } from "../../test/fake-dns.ts";
import { closeAll, listenerOf, party, SDP } from "../../test/party.ts";

afterEach(closeAll);

/** An offer that takes the INVITE over 1300 bytes. */
const LARGE = SDP + Array.from({ length: 40 }, (_, i) => `a=x-padding:${i} 0123456789012345678901234\r\n`).join("");

test("@net a large request goes by TCP where the transport is open (RFC 3261 §18.1.1)", async () => {
  const ann = await party([listenerOf("udp"), listenerOf("tcp")], 1);
  const bob = await party([listenerOf("tcp")], 2);
  ann.call({ host: "127.0.0.1", port: bob.port }, { sdp: LARGE });
  const { source, headers } = await bob.next("invite");
  expect(source.transport).toBe("tcp");
  expect(headers.find(({ name }) => name === "Via")?.value).toMatch(/^SIP\/2\.0\/TCP /);
});

test("@net where nobody takes TCP it goes by UDP, in one call (RFC 3261 §18.1.1)", async () => {
  const ann = await party([listenerOf("udp"), listenerOf("tcp")], 1);
  const bob = await party([listenerOf("udp")], 2);
  const session = ann.call({ host: "127.0.0.1", port: bob.port }, { sdp: LARGE });
  const { session: theirs, source, headers } = await bob.next("invite");
  expect(source.transport).toBe("udp");
  expect(headers.find(({ name }) => name === "Via")?.value).toMatch(/^SIP\/2\.0\/UDP /);
  bob.endpoint.accept(theirs, { sdp: SDP });
  expect(await ann.next("answered")).toMatchObject({ session });
  expect(ann.endpoint.counters()).toMatchObject({ failovers: 1 });
});

test("@net of two TLS servers the second takes the call that the first, of another name, may not have", async () => {
  const [own, foreign] = [listenerOf("tls"), listenerOf("tls")];
  const cert = (file: string): string => own.cert!.replace("sip.test.crt", file);
  const mallory = await party([{ ...foreign, cert: cert("other.test.crt"), key: cert("other.test.key") }], 3);
  const bob = await party([own], 2);
  const dns = fakeDns({
    "srv _sips._tcp.sip.test": [srv("a.test", mallory.port, 10), srv("b.test", bob.port, 20)],
    "4 a.test": ["127.0.0.1"],
    "4 b.test": ["127.0.0.1"],
  });
  const ann = await party([listenerOf("tls")], 1, { dns });
  ann.call({ host: "sip.test" }, { requestUri: "sips:bob@sip.test" });
  const { session, requestUri, source } = await bob.next("invite");
  expect([requestUri, source.transport]).toEqual(["sips:bob@sip.test", "tls"]);
  bob.endpoint.accept(session, { sdp: SDP });
  const { session: ours } = await ann.next("answered");
  await bob.next("confirmed");
  // By the connection that proved the name, though the Contact is an address.
  expect(ann.endpoint.bye(ours)).toBe(true);
  await bob.next("ended");
  expect(mallory.seen).toEqual([]);
});
