/** What is not in the database: how trunks answer and where phones are registered right now. */
export interface GatewayHealth {
  /** `host:port` */
  readonly gateway: string;
  /** `unknown`: not asked yet, or not watched. */
  readonly status: "up" | "down" | "unknown";
  /** Why it is down. */
  readonly reason: string | null;
}

export interface RegistrationState {
  readonly status: "registered" | "registering" | "failed";
  /** Why it failed. */
  readonly reason: string | null;
  /** Wall ms. */
  readonly expiresAt: number | null;
}

export interface Contact {
  readonly uri: string;
  /** Where its REGISTER came from, `address:port`. */
  readonly address: string;
  readonly transport: string;
  readonly userAgent: string;
  /** Wall ms. */
  readonly expiresAt: number;
}

export interface LiveState {
  /** Empty for a route that is not watched. */
  health(routeId: string): readonly GatewayHealth[];
  /** null for a route that does not register. */
  registration(routeId: string): RegistrationState | null;
  contacts(username: string): readonly Contact[];
}

/** Of a server that watches nothing. */
export const nothingLive: LiveState = { health: () => [], registration: () => null, contacts: () => [] };
