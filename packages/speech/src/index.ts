export { makeSynthesizer, type SynthesizerParts, type SynthesizerSettings, synthesizerOf } from "./synthesizer.ts";
export type {
  EngineName,
  Gender,
  Piece,
  SayAs,
  Sound,
  Speech,
  SpeechEngine,
  SpeechPart,
  SpeechRequest,
  Synthesizer,
  Utterance,
  Voice,
} from "./types.ts";
export { POLLY_KINDS, type PollyKind } from "./voice/polly-voices.ts";
