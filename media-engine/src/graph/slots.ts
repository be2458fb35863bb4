/**
 * Which ports and bridges work in which millisecond of the tick. Only what has something to do each tick is listed, so pure
 * relay costs nothing here. A bridge and its members share a slot, since they are mixed together.
 */
import type { Bridge } from "./bridge.ts";
import type { Port } from "./port.ts";
import { SLOTS } from "./tick-clock.ts";

interface Slot {
  readonly ports: Port[];
  readonly bridges: Bridge[];
}

export class Slots {
  readonly #slots: readonly Slot[] = Array.from({ length: SLOTS }, () => ({ ports: [], bridges: [] }));
  #listed = 0;

  get isEmpty(): boolean {
    return this.#listed === 0;
  }

  readonly hasWork = (slot: number): boolean => this.portsOf(slot).length > 0;

  portsOf(slot: number): readonly Port[] {
    return this.#slots[slot]!.ports;
  }

  bridgesOf(slot: number): readonly Bridge[] {
    return this.#slots[slot]!.bridges;
  }

  /** Lists a port outside any bridge, or strikes it off. */
  placeAlone(port: Port): void {
    if (!hasTick(port)) this.#strike(port);
    else if (port.slot < 0) this.#list(port, this.#emptiest());
  }

  /** Lists a bridge with those of its members that have work, or strikes them off. */
  place(bridge: Bridge): void {
    const busy = bridge.members.filter(hasTick);
    const slot = bridge.slot >= 0 ? bridge.slot : (busy.find((port) => port.slot >= 0)?.slot ?? this.#emptiest());
    for (const port of bridge.members) {
      if (port.slot >= 0 && (port.slot !== slot || !hasTick(port))) this.#strike(port);
      if (port.slot < 0 && hasTick(port)) this.#list(port, slot);
    }
    const isMixed = busy.length > 0 && bridge.members.length > 1;
    if (isMixed === bridge.slot >= 0) return;
    const { bridges } = this.#slots[isMixed ? slot : bridge.slot]!;
    if (isMixed) bridges.push(bridge);
    else bridges.splice(bridges.indexOf(bridge), 1);
    bridge.slot = isMixed ? slot : -1;
  }

  #list(port: Port, slot: number): void {
    this.#slots[slot]!.ports.push(port);
    port.slot = slot;
    this.#listed++;
  }

  #strike(port: Port): void {
    if (port.slot < 0) return;
    const { ports } = this.#slots[port.slot]!;
    ports.splice(ports.indexOf(port), 1);
    port.slot = -1;
    this.#listed--;
  }

  #emptiest(): number {
    let best = 0;
    for (let slot = 1; slot < SLOTS; slot++) if (this.portsOf(slot).length < this.portsOf(best).length) best = slot;
    return best;
  }
}

function hasTick(port: Port): boolean {
  return port.ticks || port.isHeard;
}
