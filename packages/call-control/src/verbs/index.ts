/** THE table: a verb is one file and one line here; its route, its checks and its documentation follow. */
import { answer } from "./answer.ts";
import { bridge } from "./bridge.ts";
import { gather } from "./gather.ts";
import { gatherUsingAudio } from "./gather-using-audio.ts";
import { gatherUsingSpeak } from "./gather-using-speak.ts";
import { hangup } from "./hangup.ts";
import { hold } from "./hold.ts";
import { joinConference } from "./join-conference.ts";
import { leaveConference } from "./leave-conference.ts";
import { mute } from "./mute.ts";
import { pauseRecording } from "./pause-recording.ts";
import { play } from "./play.ts";
import { refer } from "./refer.ts";
import { reject } from "./reject.ts";
import { resume } from "./resume.ts";
import { resumeRecording } from "./resume-recording.ts";
import { sendDtmf } from "./send-dtmf.ts";
import { sendInfo } from "./send-info.ts";
import { speak } from "./speak.ts";
import { startRecording } from "./start-recording.ts";
import { stopGather } from "./stop-gather.ts";
import { stopPlayback } from "./stop-playback.ts";
import { stopRecording } from "./stop-recording.ts";
import { streamingStart } from "./streaming-start.ts";
import { streamingStop } from "./streaming-stop.ts";
import { transcriptionStart } from "./transcription-start.ts";
import { transcriptionStop } from "./transcription-stop.ts";
import { transfer } from "./transfer.ts";
import { unbridge } from "./unbridge.ts";
import { unmute } from "./unmute.ts";
import type { AnyVerb } from "./verb.ts";

export const verbs: readonly AnyVerb[] = [
  answer,
  hangup,
  reject,
  transfer,
  bridge,
  refer,
  play,
  speak,
  stopPlayback,
  startRecording,
  stopRecording,
  streamingStart,
  streamingStop,
  transcriptionStart,
  transcriptionStop,
  sendDtmf,
  sendInfo,
  gather,
  gatherUsingAudio,
  gatherUsingSpeak,
  stopGather,
  unbridge,
  joinConference,
  leaveConference,
  hold,
  resume,
  mute,
  unmute,
  pauseRecording,
  resumeRecording,
];
