/**
 * baresip as a softphone: registered, playing a tone from a file, recording what it hears, driven over its control socket
 * (ctrl_tcp: netstrings of JSON). It answers every call by itself.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { makeTone, makeWav, readWav } from "@voepy/testkit";
import { freePort, startChild, until } from "./child.ts";

export interface PhoneOptions {
  readonly folder: string;
  readonly username: string;
  readonly password: string;
  readonly domain: string;
  readonly sipPort: number;
  readonly transport: "udp" | "tcp";
  /** The pitch it speaks with. */
  readonly toneHz: number;
  /** All it offers and takes. */
  readonly codec?: PhoneCodec | undefined;
  /** RTP/SAVP and keys in its SDP (RFC 4568), and nothing in the clear. */
  readonly srtp?: boolean | undefined;
}

export type PhoneCodec = "PCMU" | "G722" | "opus";

/** Each codec is a module of its own. */
export function hasCodec(codec: PhoneCodec): boolean {
  return existsSync(join(MODULES, CODEC_MODULES[codec]));
}

export function hasSrtp(): boolean {
  return existsSync(join(MODULES, "srtp.so"));
}

export interface PhoneEvent {
  /** CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED, … */
  readonly type: string;
  readonly param?: string;
}

export interface Phone {
  readonly events: readonly PhoneEvent[];
  /** Resolves with the registrar's answer to the (last) REGISTER, such as `200 OK`. */
  registered(): Promise<string>;
  /** The `count`th event of a type (default the first). */
  waitFor(type: string, count?: number): Promise<PhoneEvent>;
  dial(uri: string): Promise<void>;
  hangUp(): Promise<void>;
  sendDigits(digits: string): Promise<void>;
  /** Everything it has heard in its calls so far, 8 kHz; complete only after a call has ended. */
  heard(): Int16Array;
  close(): Promise<void>;
}

const TONE_SECONDS = 60;
const HEARD_HZ = 8000;
const CODEC_MODULES = { PCMU: "g711.so", G722: "g722.so", opus: "opus.so" } as const;
const MODULES = "/usr/lib/baresip/modules";

export async function startPhone(options: PhoneOptions): Promise<Phone> {
  const { codec = "PCMU", srtp = false } = options;
  const folder = join(options.folder, options.username);
  const [localSip, control, rtp] = [await freePort(), await freePort(), await freePort()];
  mkdirSync(folder, { recursive: true });
  const tone = makeTone(options.toneHz, TONE_SECONDS * 1000, { levelDbm0: -12 });
  // Its opus is stereo, and a file must have as many channels as the codec.
  writeFileSync(join(folder, "tone.wav"), makeWav(codec === "opus" ? [tone, tone] : [tone]));
  writeFileSync(join(folder, "contacts"), "");
  writeFileSync(
    join(folder, "accounts"),
    `<sip:${options.username}@${options.domain}>;auth_pass=${options.password};answermode=auto;regint=60;audio_codecs=${codec === "opus" ? "opus/48000/2" : codec}` +
      `${srtp ? ";mediaenc=srtp-mand" : ""}` +
      `;outbound="sip:127.0.0.1:${options.sipPort};transport=${options.transport}"\n`,
  );
  writeFileSync(join(folder, "config"), configText({ folder, localSip, control, rtp, codec, srtp }));
  const child = startChild("baresip", ["-4", "-f", folder], { cwd: folder, env: { ...process.env, HOME: folder } });
  const events: PhoneEvent[] = [];
  const socket = await until("baresip's control socket", () => tryConnect(control), { explain: child.output });
  onMessages(socket, (message) => {
    if (message.event === true && message.type !== undefined)
      events.push({ type: message.type, ...(message.param === undefined ? {} : { param: message.param }) });
  });
  const command = async (name: string, params = ""): Promise<void> => {
    const text = JSON.stringify({ command: name, params, token: name });
    await new Promise((resolve) => socket.write(`${Buffer.byteLength(text)}:${text},`, resolve));
  };
  return {
    events,
    waitFor: (type, count = 1) =>
      until(`${options.username}: ${type}`, () => events.filter((event) => event.type === type)[count - 1], {
        explain: () => `${JSON.stringify(events)}\n${child.output()}`,
      }),
    // Told on its terminal only: the control socket may be connected after the event.
    registered: () => {
      const aor = `${options.username}@${options.domain}`;
      const answer = new RegExp(`${aor}:(?: \\{.*?\\})? (\\d{3} [^(\\r\\n]*)`, "m");
      return until(`${options.username}: registered`, () => answer.exec(child.output())?.[1]?.trim(), {
        explain: child.output,
      });
    },
    dial: (uri) => command("dial", uri),
    hangUp: () => command("hangup"),
    async sendDigits(digits) {
      for (const digit of digits) await command("sndcode", digit);
    },
    heard: () => readHeard(folder),
    async close() {
      socket.destroy();
      await child.stop("SIGTERM");
    },
  };
}

function configText(at: {
  folder: string;
  localSip: number;
  control: number;
  rtp: number;
  codec: PhoneCodec;
  srtp: boolean;
}): string {
  return `module_path ${MODULES}
sip_listen 127.0.0.1:${at.localSip}
net_interface 127.0.0.1
rtp_ports ${at.rtp}-${Math.min(65_535, at.rtp + 20)}
audio_source aufile,${at.folder}/tone.wav
audio_player aubridge,${at.folder}
ausrc_srate 8000
auplay_srate 8000
audio_level no
snd_path ${at.folder}
module ${CODEC_MODULES[at.codec]}
module aufile.so
${at.srtp ? "module srtp.so" : ""}
module aubridge.so
module sndfile.so
module_tmp account.so
module_app menu.so
module ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:${at.control}
`;
}

/** sndfile writes one file a call and direction, `…-dec.wav` for what came from the far end. */
function readHeard(folder: string): Int16Array {
  const files = readdirSync(folder)
    .filter((name) => /^dump.*-dec\.wav$/.test(name))
    .toSorted();
  return Int16Array.from(
    files.flatMap((name) => {
      // At the codec's rate: the tones of these tests lie low enough to leave samples out.
      const { channels, rateHz } = readWav(readFileSync(join(folder, name)));
      return Array.from(channels[0] ?? []).filter((_, i) => i % (rateHz / HEARD_HZ) === 0);
    }),
  );
}

function tryConnect(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket)).once("error", () => resolve(undefined));
  });
}

interface ControlMessage {
  readonly event?: boolean;
  readonly type?: string;
  readonly param?: string;
}

/** Netstrings: LENGTH:TEXT, one after the other. */
function onMessages(socket: Socket, deliver: (message: ControlMessage) => void): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (data) => {
    rest = Buffer.concat([rest, Buffer.from(data)]);
    for (;;) {
      const colon = rest.indexOf(":");
      const size = Number(rest.subarray(0, Math.max(colon, 0)).toString());
      if (colon < 0 || rest.length < colon + size + 2) return;
      deliver(JSON.parse(rest.subarray(colon + 1, colon + 1 + size).toString()));
      rest = rest.subarray(colon + size + 2);
    }
  });
}
