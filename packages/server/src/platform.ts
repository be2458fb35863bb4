/** What the API and the settings need of the running server, beside calls. */
import { join, resolve } from "node:path";
import { type ApiOptions, type LiveState, type MediaFiles, mediaFolder } from "@voepy/api";
import type { Clock } from "@voepy/base";
import type { RouteState, RunningCallControl } from "@voepy/call-control";
import type { MediaPool } from "@voepy/media-engine";
import { type Directory, makeDirectory } from "@voepy/policy";
import type { RunningSipEndpoint } from "@voepy/sip-stack";
import type { RouteRecord, SipUserRecord, Store } from "@voepy/store";
import type { Config } from "./config-schema.ts";
import type { Outside } from "./outside.ts";

/**
 * Keeps the directory that calls ask up to date: what the API changes counts for the next SIP message. `shared` are
 * routes of the server itself; `usersGone` are names whose user is no longer there or has another password, so that a
 * phone that registered as one must not be reached any more.
 */
export async function keepDirectory(
  store: Store,
  shared: readonly RouteRecord[],
  set: (directory: Directory, usersGone: readonly string[]) => void,
): Promise<void> {
  let before: readonly SipUserRecord[] = [];
  const reload = async (): Promise<void> => {
    const settings = await store.settings.load();
    const now = new Map(settings.sipUsers.map((user) => [user.username, user]));
    const gone = before.filter(({ username, id, password }) => {
      const user = now.get(username);
      return user?.id !== id || user.password !== password;
    });
    before = settings.sipUsers;
    set(
      makeDirectory({ ...settings, routes: [...settings.routes, ...shared] }),
      gone.map(({ username }) => username),
    );
  };
  store.settings.onChange(reload);
  await reload();
}

/** Uploads of tenants, under the data folder. */
export function mediaFilesOf(config: Config): MediaFiles {
  return mediaFolder(join(resolve(config.data_dir), "media"));
}

export function platformOf(
  config: Config,
  outside: Outside,
  { shared, ...running }: Running & { media: MediaPool; shared: readonly RouteRecord[] },
): Pick<ApiOptions, "mediaFiles" | "measureAudio" | "http" | "adminKey" | "live" | "sharedRoutes"> {
  return {
    mediaFiles: mediaFilesOf(config),
    measureAudio: async (sha256, bytes) => (await running.media.preparePrompt(sha256, bytes)).durationMs,
    http: outside.http,
    adminKey: config.api.admin_key,
    live: liveState(running, outside.clock),
    sharedRoutes: shared.map(({ id }) => id),
  };
}

/** Where the live side of the settings is found. */
interface Running {
  readonly sip: RunningSipEndpoint;
  readonly control: RunningCallControl;
  readonly directory: () => Directory;
}

function liveState({ sip, control, directory }: Running, clock: Clock): LiveState {
  const stateOf = (routeId: string): RouteState | undefined => {
    const route = directory()
      .allRoutes()
      .find(({ id }) => id === routeId);
    return route === undefined ? undefined : control.routeState(route);
  };
  return {
    health: (routeId) =>
      (stateOf(routeId)?.gateways ?? []).map(({ gateway: { host, port }, status, reason }) => ({
        gateway: `${host.includes(":") ? `[${host}]` : host}:${port}`,
        status,
        reason,
      })),
    registration(routeId) {
      const registration = stateOf(routeId)?.registration ?? null;
      if (registration === null) return null;
      const { status, reason, expiresAt } = registration;
      return { status, reason, expiresAt: expiresAt === null ? null : Math.round(expiresAt) };
    },
    contacts: (username) =>
      sip.bindings(username).map(({ contactUri, source, userAgent, expiresAtMs }) => ({
        uri: contactUri,
        address: source.address.includes(":")
          ? `[${source.address}]:${source.port}`
          : `${source.address}:${source.port}`,
        transport: source.transport,
        userAgent,
        expiresAt: Math.round(clock.wallMs() + expiresAtMs - clock.nowMs()),
      })),
  };
}
