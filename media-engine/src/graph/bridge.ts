/** Ports that hear each other minus themselves. */
import { addInto, copyClipped, subtractClipped } from "../dsp/mix.ts";
import type { Port } from "./port.ts";

export class Bridge {
  readonly id: string;
  /** In the order they were named. */
  members: Port[] = [];
  slot = -1;
  #sum = new Int32Array(0);

  constructor(id: string) {
    this.id = id;
  }

  /** Phase 3 of a tick: writes what each member that sends frames hears to the input of its `toFar`, all at one rate. All sum once, minus oneself, clip once. */
  mix(): void {
    const { members } = this;
    if (members.length === 2) {
      copyHeard(members[1]!, members[0]!);
      copyHeard(members[0]!, members[1]!);
      return;
    }
    const samples = members.find(hasAudio)?.audio?.rxFrame.length ?? 0;
    if (this.#sum.length !== samples) this.#sum = new Int32Array(samples);
    this.#sum.fill(0);
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      if (isSpeaking(member) && member.audio !== undefined) addInto(member.audio.rxFrame, this.#sum);
    }
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      if (!member.ticks || member.audio === undefined) continue;
      if (isSpeaking(member)) subtractClipped(this.#sum, member.audio.rxFrame, member.audio.toFar.input);
      else copyClipped(this.#sum, member.audio.toFar.input);
    }
  }
}

const hasAudio = ({ audio }: Port): boolean => audio !== undefined;

function isSpeaking(port: Port): boolean {
  return port.isHeard && port.pulled !== "silence";
}

function copyHeard(from: Port, to: Port): void {
  if (!to.ticks || to.audio === undefined) return;
  if (isSpeaking(from) && from.audio !== undefined) to.audio.toFar.input.set(from.audio.rxFrame);
  else to.audio.toFar.input.fill(0);
}
