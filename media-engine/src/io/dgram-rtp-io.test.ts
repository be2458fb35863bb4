import { makeDgramRtpIo } from "./dgram-rtp-io.ts";
import { rtpIoCases } from "./rtp-io.cases.ts";

rtpIoCases("node:dgram", makeDgramRtpIo);
