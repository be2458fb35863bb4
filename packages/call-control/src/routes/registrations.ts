/** Keeps every route of `auth.mode: registration` registered: sends what the machine says, when it says. */
import { type Clock, type Log, type Random, randomHex, randomUint32, type Timer } from "@voepy/base";
import { contactUserOf, optionsOf } from "@voepy/policy";
import type { SipEndpoint, SipEvent } from "@voepy/sip-stack";
import type { GatewayRecord, RouteRecord } from "@voepy/store";
import { afterRegister, newRegistration, type Registration } from "./registration-machine.ts";

export interface RegistrationsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly sip: SipEndpoint;
  /** A route that was registered no longer is, or is again. */
  readonly changed: (change: "up" | "down", route: RouteRecord, reason: string | null) => void;
}

export interface RegistrationState extends Registration {
  /** The registrar that is asked. */
  readonly registrar: GatewayRecord;
  /** Literal addresses that answered as registrar. */
  readonly addresses: readonly string[];
}

interface Account {
  route: RouteRecord;
  state: Registration;
  /** Whether anybody was told that it is down. */
  isDown: boolean;
  readonly callId: string;
  readonly addresses: Set<string>;
  timer: Timer | undefined;
  /** The REGISTER that is out. */
  asked: string | undefined;
}

/** A route that changed registers soon after, not in one burst with all others, ms. */
const FIRST_WITHIN_MS = 1_000;
/** The server stops without the registrar's word after this, ms. */
const GOODBYE_MS = 2_000;
const MOST_ADDRESSES = 8;

export class Registrations {
  readonly #options: RegistrationsOptions;
  readonly #accounts = new Map<string, Account>();
  #goodbyes: Map<string, () => void> = new Map();

  constructor(options: RegistrationsOptions) {
    this.#options = options;
  }

  /** Registers these routes where they say so, and takes back what others had. */
  keep(routes: readonly RouteRecord[]): void {
    const wanted = new Map(routes.filter(registers).map((route) => [route.id, route]));
    for (const [id, account] of this.#accounts) {
      const route = wanted.get(id);
      if (route !== undefined && isSameAccount(route, account.route)) {
        account.route = route;
        wanted.delete(id);
      } else this.#drop(id, account);
    }
    for (const route of wanted.values()) this.#add(route);
  }

  stateOf(routeId: string): RegistrationState | undefined {
    const account = this.#accounts.get(routeId);
    if (account === undefined) return undefined;
    return { ...account.state, registrar: gatewayOf(account), addresses: [...account.addresses] };
  }

  /** Addresses of registrars of that host name. */
  addressesOf(host: string): string[] {
    return [...this.#accounts.values()].flatMap(({ route, addresses }) =>
      route.gateways.some((gateway) => gateway.host === host) ? [...addresses] : [],
    );
  }

  onRegistered(event: Extract<SipEvent, { type: "registered" }>): void {
    this.#goodbyes.get(event.registration)?.();
    const account = [...this.#accounts.values()].find(({ asked }) => asked === event.registration);
    if (account === undefined) return;
    account.asked = undefined;
    if (event.cause === "response" && event.address !== undefined && account.addresses.size < MOST_ADDRESSES) {
      account.addresses.add(event.address);
    }
    const { clock, random, log } = this.#options;
    const chance = randomUint32(random) / 2 ** 32;
    const at = { nowMs: clock.nowMs(), chance, gateways: account.route.gateways.length };
    account.state = afterRegister(account.state, event, at);
    const { status, reason, nextAtMs } = account.state;
    const facts = { route: account.route.id, registrar: event.address ?? gatewayOf(account).host, status, reason };
    if (reason === null) log.debug("registered", { ...facts, expires: event.expiresS });
    else log.warn("registration failed", { ...facts, again_in_s: Math.round((nextAtMs - at.nowMs) / 1000) });
    this.#tell(account);
    this.#schedule(account, nextAtMs);
  }

  /** Takes every registration back; resolves when all are, or patience is over. */
  async close(): Promise<void> {
    const said = [...this.#accounts].map(([id, account]) => this.#drop(id, account));
    await Promise.all(said);
  }

  #add(route: RouteRecord): void {
    const { clock, random } = this.#options;
    const firstAtMs = clock.nowMs() + (randomUint32(random) % FIRST_WITHIN_MS);
    const account: Account = {
      route,
      state: newRegistration(optionsOf(route).registerExpiresSecs, firstAtMs),
      isDown: false,
      callId: randomHex(random, 16),
      addresses: new Set(),
      timer: undefined,
      asked: undefined,
    };
    this.#accounts.set(route.id, account);
    this.#schedule(account, firstAtMs);
  }

  #schedule(account: Account, atMs: number): void {
    account.timer = this.#options.clock.schedule(atMs, () => {
      account.timer = undefined;
      account.asked = this.#register(account, account.state.expiresS);
    });
  }

  #register(account: Account, expiresS: number): string {
    const { transport, host, port } = gatewayOf(account);
    const { username = "", password = "" } = account.route.auth;
    const domain = host.includes(":") ? `[${host}]` : host;
    const place = port === 5060 || port === 0 ? domain : `${domain}:${port}`;
    return this.#options.sip.register({
      target: { transport, host, port: port === 0 ? undefined : port },
      registrarUri: `sip:${place}${transport === "udp" ? "" : `;transport=${transport}`}`,
      aor: `sip:${username}@${domain}`,
      contactUser: contactUserOf(account.route) ?? username,
      expiresS,
      callId: account.callId,
      cseq: account.state.cseq + 1,
      credentials: { username, password },
    });
  }

  #tell(account: Account): void {
    const { status, reason } = account.state;
    if (status === "failed" && !account.isDown) {
      account.isDown = true;
      this.#options.changed("down", account.route, reason);
    } else if (status === "registered" && account.isDown) {
      account.isDown = false;
      this.#options.changed("up", account.route, null);
    }
  }

  #drop(id: string, account: Account): Promise<void> {
    const { clock } = this.#options;
    account.timer?.cancel();
    this.#accounts.delete(id);
    if (account.state.boundUntilMs <= clock.nowMs()) return Promise.resolve();
    // §10.2.2: an expiry of 0 removes the binding.
    const registration = this.#register(account, 0);
    return new Promise((resolve) => {
      const patience = clock.schedule(clock.nowMs() + GOODBYE_MS, () => done());
      const done = (): void => {
        patience.cancel();
        this.#goodbyes.delete(registration);
        resolve();
      };
      this.#goodbyes.set(registration, done);
    });
  }
}

function registers(route: RouteRecord): boolean {
  const { mode, username, password } = route.auth;
  return mode === "registration" && username !== undefined && password !== undefined && route.gateways.length > 0;
}

function gatewayOf({ route, state }: Account): GatewayRecord {
  return route.gateways[state.gateway] ?? route.gateways[0]!;
}

/** Whether a binding made for the one is good for the other. */
function isSameAccount(one: RouteRecord, other: RouteRecord): boolean {
  const facts = (route: RouteRecord): string =>
    JSON.stringify([route.auth, route.gateways, contactUserOf(route), optionsOf(route).registerExpiresSecs]);
  return facts(one) === facts(other);
}
