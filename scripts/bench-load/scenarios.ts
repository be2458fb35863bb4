/** What the benchmarks run: data only. */
export interface Scenario {
  readonly name: string;
  readonly says: string;
  /** Number that sipload calls, and what the server does with a call to it. */
  readonly number: string;
  /** Whether sipload also plays the called party. */
  readonly hasCalledParty: boolean;
  /** What the called party answers with; undefined: PCMU, as the caller offers. */
  readonly calledCodec?: "pcma" | "g722";
  /** Concurrent calls of the runs, unless -n says otherwise. */
  readonly calls: readonly number[];
  /** CPU ms per call-second, one core, of others with the same generator on a 2-core virtual machine at 200 calls. */
  readonly peers: Readonly<Record<string, number>>;
}

const DIALS_CALLED_PARTY = "+15125550101";
const ECHOES = "+15125550102";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "bridge",
    says: "two legs, PCMU both sides; a call is what the caller placed: 100 packets/s in, 100 out",
    number: DIALS_CALLED_PARTY,
    hasCalledParty: true,
    calls: [200, 600],
    peers: { Asterisk: 2.7, FreeSWITCH: 3.4, rtpengine: 1.5 },
  },
  {
    name: "transcode-pcma",
    says: "two legs, PCMU and PCMA: each packet through a table of 256 bytes",
    number: DIALS_CALLED_PARTY,
    hasCalledParty: true,
    calledCodec: "pcma",
    calls: [200],
    peers: { Asterisk: 4.7, FreeSWITCH: 3.7, rtpengine: 3.2 },
  },
  {
    name: "transcode-g722",
    says: "two legs, PCMU and G722: jitter buffer, decoding and encoding both ways",
    number: DIALS_CALLED_PARTY,
    hasCalledParty: true,
    calledCodec: "g722",
    calls: [200],
    peers: { Asterisk: 7.7, FreeSWITCH: 13.7 },
  },
  {
    name: "echo",
    says: "one leg, PCMU: 50 packets/s in, 50 out",
    number: ECHOES,
    hasCalledParty: false,
    calls: [200],
    peers: { Asterisk: 1.5, FreeSWITCH: 1.5 },
  },
];

export interface ServerPorts {
  readonly sip: number;
  readonly api: number;
  readonly called: number;
}

/** The server's configuration for all scenarios: every limit out of the way, one media worker, everything on loopback. */
export function benchConfig(dataDir: string, ports: ServerPorts): string {
  return `data_dir: ${dataDir}
log: {level: error, format: json}
api: {host: 127.0.0.1, port: ${ports.api}, public_url: "http://127.0.0.1:${ports.api}"}
sip:
  listeners: [{transport: udp, host: 127.0.0.1, port: ${ports.sip}}]
  public_address: 127.0.0.1
media: {address: 127.0.0.1, public_address: 127.0.0.1, ports: 16384-32767, workers: 1}
limits: {max_calls: 5000, cps: 2000}
tenants:
  - id: default
    quota: {max_concurrent_calls: 5000, max_cps: 2000}
    routes:
      - {id: voepy_route_load, direction: in, allowed_source_cidrs: [127.0.0.0/8], codecs: [PCMU]}
    numbers:
      - number: "${DIALS_CALLED_PARTY}"
        route_id: voepy_route_load
        inbound_action: {type: dial, to: "sip:uas@127.0.0.1:${ports.called}"}
      - {number: "${ECHOES}", route_id: voepy_route_load, inbound_action: {type: echo}}
`;
}
