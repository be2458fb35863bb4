/**
 * Offer and answer of one audio stream (RFC 3264). Pure: texts and capabilities in, text and plain data out.
 * A section whose profile demands encryption (RFC 4568) is answered with a key of ours or refused, never in the clear.
 */

import { parseUint } from "../message/chars.ts";
import type { AnswerResult, AudioCapabilities, NegotiatedAudio, ReadResult } from "./audio.ts";
import { type CodecText, codecText, codecTexts } from "./codecs.ts";
import { type Crypto, cryptosOf, offeredCryptos } from "./crypto.ts";
import { meet, mute } from "./direction.ts";
import { type Format, formatsOf, othersOf, telephoneEventFor } from "./formats.ts";
import { attribute, directionOf, type MediaSection, parseSdp, type SessionDescription } from "./parse.ts";
import { PayloadNumbers } from "./payload-numbers.ts";
import { printAudio, printRefused, printSession } from "./print.ts";

/**
 * All our codecs in one section, each clock of theirs with its telephone-event. `previous`: the description we sent
 * last in this session, offer or answer; a new offer keeps its sections in place and its numbers (RFC 3264 §8).
 */
export function makeOffer(capabilities: AudioCapabilities, previous?: string): string {
  const parsed = previous === undefined ? undefined : parseSdp(previous);
  const before = parsed?.ok === true ? parsed.session.media : [];
  const at = before.findIndex(isOurs);
  const audio = printOffered(capabilities, before[at]);
  const sections = before.map((section, i) => (i === at ? audio : printRefused(section)));
  if (at === -1) sections.push(audio);
  return printSession(capabilities) + sections.join("");
}

/** The section in use of a description of ours. */
const isOurs = (section: MediaSection): boolean => section.media === "audio" && section.udpPort > 0;

function printOffered(capabilities: AudioCapabilities, before: MediaSection | undefined): string {
  const numbers = new PayloadNumbers(before);
  const formats = capabilities.codecs
    .flatMap(codecTexts)
    .map((codec) => ({ codec, payloadType: numbers.codec(codec) }));
  const clocks = new Set(capabilities.telephoneEvent ? formats.map(({ codec }) => codec.clockRateHz) : []);
  const { srtp } = capabilities;
  // A session that is encrypted stays that, with the suite and the key it has.
  const isSecure = before === undefined ? srtp?.policy === "require" : isSecureProfile(before.proto);
  const cryptos = before === undefined ? srtp && offeredCryptos(srtp.keys) : cryptosOf(before);
  return printAudio(capabilities.udpPort, {
    proto: before?.proto ?? (isSecure ? "RTP/SAVP" : "RTP/AVP"),
    rtcpMux: capabilities.rtcpMux === true,
    cryptos: isSecure ? (cryptos ?? []) : [],
    formats,
    telephoneEvents: [...clocks].map((clockRateHz) => ({
      clockRateHz,
      payloadType: numbers.telephoneEvent(clockRateHz),
    })),
    direction: capabilities.direction,
    ptimeMs: capabilities.ptimeMs,
  });
}

/** Takes the first usable audio section, by our order of codecs and the offer's numbers; refuses the others. */
export function answerOffer(offer: string, capabilities: AudioCapabilities): AnswerResult {
  const parsed = parseSdp(offer);
  if (!parsed.ok) return { ok: false, status: 400, problem: parsed.problem };
  const { session } = parsed;
  let taken: { audio: NegotiatedAudio; section: MediaSection } | undefined;
  let problem = "no audio offered";
  let sections = "";
  for (const section of session.media) {
    const outcome = taken === undefined ? takeSection(session, section, capabilities) : "one audio stream is enough";
    if (typeof outcome === "string") {
      if (section.media === "audio") problem = outcome;
      sections += printRefused(section);
    } else {
      taken = { audio: outcome, section };
      sections += answerSection(taken, capabilities);
    }
  }
  if (taken === undefined) return { ok: false, status: 488, problem };
  return { ok: true, sdp: printSession(capabilities) + sections, audio: taken.audio };
}

/** What the section comes to, or why it cannot be taken. */
function takeSection(
  session: SessionDescription,
  section: MediaSection,
  capabilities: AudioCapabilities,
): NegotiatedAudio | string {
  const unusable = whyUnusable(section, capabilities);
  if (unusable !== undefined) return unusable;
  const formats = formatsOf(section);
  const crypto = answeredCrypto(section, capabilities);
  const srtp = crypto && { suite: crypto.ours.suite, txKey: crypto.ours.key, rxKey: crypto.theirs.key };
  const rtcpMux = capabilities.rtcpMux === true && hasMux(section);
  // Our order decides; of several numbers for one codec the peer's first.
  for (const name of capabilities.codecs) {
    const format = formats.find((each) => each.codec?.name === name);
    if (format?.codec === undefined) continue;
    const event = capabilities.telephoneEvent ? telephoneEventFor(formats, format.codec) : undefined;
    const direction = meet(capabilities.direction, directionOf(session, section));
    const formatsOfBoth = { theirs: format, rx: format, event, rxEvent: event };
    return describe({ section, codec: format.codec, direction, ...formatsOfBoth, rtcpMux, srtp });
  }
  return `no common codec: ours are ${capabilities.codecs.join(", ")}`;
}

function whyUnusable(section: MediaSection, capabilities: AudioCapabilities): string | undefined {
  if (section.media !== "audio") return `${section.media} is not done`;
  if (section.udpPort === 0) return "audio is switched off";
  const problem = whyProfileUnusable(section, capabilities);
  if (problem !== undefined) return problem;
  // "" is a multicast address or a host name, undefined no c= at all.
  if (section.address === undefined || section.address === "") return "c= has no unicast IP literal";
  const isSameFamily = section.address.includes(":") === capabilities.address.includes(":");
  return isSameFamily ? undefined : "c= is of the other IP family";
}

function whyProfileUnusable(section: MediaSection, { srtp }: AudioCapabilities): string | undefined {
  const proto = section.proto.toUpperCase();
  if (proto === "RTP/AVP" || proto === "RTP/AVPF")
    return srtp?.policy === "require" ? "only encrypted audio is taken" : undefined;
  // Browsers offer keys by DTLS (RFC 5764), and a=crypto beside them only in old versions.
  if (!isSecureProfile(proto) || attribute(section, "fingerprint") !== undefined)
    return `profile ${section.proto} is not done`;
  if (srtp === undefined) return `profile ${section.proto} is not wanted`;
  return cryptosOf(section).length > 0 ? undefined : "no a=crypto that can be used";
}

function isSecureProfile(proto: string): boolean {
  const upper = proto.toUpperCase();
  return upper === "RTP/SAVP" || upper === "RTP/SAVPF";
}

const hasMux = (section: MediaSection): boolean => attribute(section, "rtcp-mux") !== undefined;

/** RFC 4568 §5.1.2: the offerer's first that can be done, answered under its tag with a key of our own. */
function answeredCrypto(
  section: MediaSection,
  { srtp }: AudioCapabilities,
): { readonly theirs: Crypto; readonly ours: Crypto } | undefined {
  const [theirs] = isSecureProfile(section.proto) ? cryptosOf(section) : [];
  return srtp && theirs && { theirs, ours: { ...theirs, key: srtp.keys[theirs.suite] } };
}

interface Agreed {
  readonly section: MediaSection;
  readonly codec: CodecText;
  readonly direction: NegotiatedAudio["direction"];
  /** The peer's number for the codec and its fmtp; ours. */
  readonly theirs: Format;
  readonly rx: Format;
  readonly event: Format | undefined;
  readonly rxEvent: Format | undefined;
  readonly rtcpMux: boolean;
  readonly srtp: NegotiatedAudio["srtp"];
}

function describe(agreed: Agreed): NegotiatedAudio {
  const { section, codec, direction, theirs, rx, event, rxEvent, rtcpMux, srtp } = agreed;
  const address = section.address ?? "";
  // RFC 3264 §8.4: the old way to say hold. Nothing is ever sent there.
  const isNowhere = address === "0.0.0.0" || address === "::";
  return {
    codec: codec.name,
    txPayloadType: theirs.payloadType,
    rxPayloadType: rx.payloadType,
    clockRateHz: codec.clockRateHz,
    channels: codec.channels,
    fmtp: theirs.fmtp,
    telephoneEvent: event &&
      rxEvent && {
        txPayloadType: event.payloadType,
        rxPayloadType: rxEvent.payloadType,
        clockRateHz: event.clockRateHz,
      },
    ptimeMs: wantedPtimeMs(section),
    direction: isNowhere ? mute(direction) : direction,
    remote: { address, udpPort: section.udpPort, rtcpPort: rtcpPortOf(section) },
    rtcpMux,
    srtp,
  };
}

/** RFC 3605 §2.1: `port [IN IP4 address]`; an address of its own is not followed. */
function rtcpPortOf(section: MediaSection): number | undefined {
  const port = parseUint(attribute(section, "rtcp")?.trim().split(" ")[0] ?? "", 65_535);
  return port === 0 ? undefined : port;
}

const DEFAULT_PTIME_MS = 20;
const LONGEST_PTIME_MS = 60;

/** ptime under maxptime, in whole 10 ms up to 60; what is no such number reads as 20 (RFC 3551 §4.2). */
function wantedPtimeMs(section: MediaSection): number {
  const longest = Math.min(
    LONGEST_PTIME_MS,
    parseUint(attribute(section, "maxptime") ?? "", 1_000) ?? LONGEST_PTIME_MS,
  );
  const asked = parseUint(attribute(section, "ptime") ?? "", LONGEST_PTIME_MS) ?? DEFAULT_PTIME_MS;
  const wanted = Math.floor(Math.min(asked, longest) / 10) * 10;
  return wanted >= 10 ? wanted : DEFAULT_PTIME_MS;
}

function answerSection(taken: { audio: NegotiatedAudio; section: MediaSection }, ours: AudioCapabilities): string {
  const { audio, section } = taken;
  const { telephoneEvent } = audio;
  const crypto = answeredCrypto(section, ours);
  return printAudio(ours.udpPort, {
    rtcpMux: audio.rtcpMux,
    cryptos: crypto === undefined ? [] : [crypto.ours],
    // RFC 3264 §6: the profile is repeated, never changed.
    proto: section.proto,
    formats: [{ payloadType: audio.rxPayloadType, codec: codecText(audio.codec, audio.clockRateHz) }],
    telephoneEvents:
      telephoneEvent === undefined ? [] : [{ ...telephoneEvent, payloadType: telephoneEvent.rxPayloadType }],
    direction: audio.direction,
    // §6.1 lets us ask for our own packet time, maxptime of theirs is a limit for what they receive only.
    ptimeMs: ours.ptimeMs,
  });
}

/** What our offer and the peer's answer agree on. `offer` is the text `makeOffer` gave. */
export function readAnswer(offer: string, answer: string): ReadResult {
  const ours = parseSdp(offer);
  const theirs = parseSdp(answer);
  if (!ours.ok) return { ok: false, problem: `offer: ${ours.problem}` };
  if (!theirs.ok) return { ok: false, problem: theirs.problem };
  const at = ours.session.media.findIndex(isOurs);
  const [offered, section] = [ours.session.media[at], theirs.session.media[at]];
  if (offered === undefined || section === undefined) return { ok: false, problem: "answer without our m=" };
  const refused = whyUnanswered(offered, section);
  if (refused !== undefined) return { ok: false, problem: refused };
  const srtp = isSecureProfile(offered.proto) ? agreedKeys(offered, section) : undefined;
  if (srtp === "none") return { ok: false, problem: "answer without an a=crypto of ours" };
  const rtcpMux = hasMux(offered) && hasMux(section);
  const mine = formatsOf(offered);
  const formats = formatsOf(section);
  // §6.1: the answerer lists first what it prefers; telephone-event is no media of its own.
  for (const format of formats) {
    const { codec } = format;
    const rx = mine.find((each) => each.codec === codec && codec !== undefined);
    if (codec === undefined || rx === undefined) continue;
    const event = telephoneEventFor(formats, codec);
    const rxEvent = mine.find((each) => each.isTelephoneEvent && each.clockRateHz === event?.clockRateHz);
    const direction = meet(directionOf(ours.session, offered), directionOf(theirs.session, section));
    const audio = describe({ section, codec, direction, theirs: format, rx, event, rxEvent, rtcpMux, srtp });
    return { ok: true, audio: { ...audio, alsoReceives: othersOf(mine, formats, codec) } };
  }
  return { ok: false, problem: "answer has none of the codecs offered" };
}

/** RFC 4568 §5.1.3: the answer repeats tag and suite of one that we offered. */
function agreedKeys(offered: MediaSection, section: MediaSection): NonNullable<NegotiatedAudio["srtp"]> | "none" {
  const [theirs] = cryptosOf(section);
  const ours = cryptosOf(offered).find(({ tag, suite }) => tag === theirs?.tag && suite === theirs.suite);
  if (theirs === undefined || ours === undefined) return "none";
  return { suite: ours.suite, txKey: ours.key, rxKey: theirs.key };
}

function whyUnanswered(offered: MediaSection, section: MediaSection): string | undefined {
  if (section.media !== offered.media || section.proto.toUpperCase() !== offered.proto.toUpperCase()) {
    return `answered ${section.media} ${section.proto} to ${offered.media} ${offered.proto}`;
  }
  if (section.udpPort === 0) return "audio was refused";
  return section.address === undefined || section.address === "" ? "c= has no unicast IP literal" : undefined;
}
