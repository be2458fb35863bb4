/** Puts the tables together: reads at once, writes through the group commit. */
import { type Clock, type Log, type MakeId, messageOf } from "@voepy/base";
import { type Db, openDatabase } from "./db.ts";
import { makeWriter } from "./group-commit.ts";
import { makeFolderOf } from "./io/data-folder.ts";
import { readMigrations } from "./io/migration-files.ts";
import type { CallRecord, EventRecord } from "./records.ts";
import type { CallDetail, Changes, Store } from "./store.ts";
import { makeCallsTable } from "./tables/calls.ts";
import { makeDeliveriesTable } from "./tables/deliveries.ts";
import { makeEventsTable } from "./tables/events.ts";
import { makeIdempotencyTable } from "./tables/idempotency.ts";
import { makeRecordingsTable } from "./tables/recordings.ts";
import { makeSettingsTables } from "./tables/settings.ts";
import { makeValuesTable } from "./tables/values.ts";
import { makeWebhooksTable } from "./tables/webhooks.ts";
import { type Checkpointer, startCheckpointer } from "./worker/checkpointer.ts";

export interface StoreOptions {
  /** The database file, made with its folder when missing; `:memory:` for a store that is forgotten. */
  readonly path: string;
  readonly clock: Clock;
  /** Names deliveries. */
  readonly makeId: MakeId;
  readonly log: Log;
}

/** Rows deleted by one `prune`, so that it holds nobody up. */
const PRUNE_ROWS = 500;

/** @throws Error when the file cannot be opened, is no database, or is of a newer voepy. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, log } = options;
  const isFile = path !== ":memory:";
  if (isFile) makeFolderOf(path);
  const db = openDatabase({ path, migrations: readMigrations(), log });
  return makeStore(db, options, isFile ? startCheckpointer(path, log) : undefined);
}

type Tables = ReturnType<typeof makeTables>;

function makeTables(db: Db) {
  return {
    calls: makeCallsTable(db),
    recordings: makeRecordingsTable(db),
    events: makeEventsTable(db),
    deliveries: makeDeliveriesTable(db),
    webhooks: makeWebhooksTable(db),
    settings: makeSettingsTables(db),
    idempotency: makeIdempotencyTable(db),
    values: makeValuesTable(db),
  };
}

/** A store over a database that is open and up to date. */
function makeStore(db: Db, options: StoreOptions, checkpointer: Checkpointer | undefined): Store {
  const tables = makeTables(db);
  const writer = makeWriter(db, checkpointer?.wrote);
  const listeners: ((events: readonly EventRecord[]) => void)[] = [];
  const prune = (beforeMs: number): number =>
    tables.events.prune(beforeMs, PRUNE_ROWS) + tables.idempotency.prune(options.clock.wallMs(), PRUNE_ROWS);
  return {
    async commit(changes) {
      await writer.write(() => applyChanges(tables, changes, options));
      if (changes.events?.length) tell(listeners, changes.events, options.log);
    },
    onEvents: (listener) => void listeners.push(listener),
    calls: callReads(tables),
    recordings: {
      get: async (tenantId, id) => {
        const recording = tables.recordings.find(id);
        return recording?.tenantId === tenantId ? recording : undefined;
      },
      find: async (id) => tables.recordings.find(id),
      list: async (tenantId, filter, page) => tables.recordings.list(tenantId, filter.callId, page),
      delete: (tenantId, id) => writer.write(() => tables.recordings.delete(tenantId, id)),
      unfinished: async () => tables.recordings.unfinished(),
    },
    events: {
      ofCall: async (tenantId, callId) => tables.events.ofCall(tenantId, callId),
      get: async (id) => tables.events.get(id),
    },
    deliveries: {
      due: async (wallMs, limit, except = new Set()) => tables.deliveries.due(wallMs, limit, except),
      nextDueAt: async (afterMs = -1) => tables.deliveries.nextDueAt(afterMs),
      update: (delivery) => writer.write(() => tables.deliveries.update(delivery)),
      list: async (tenantId, webhookId, page) => tables.deliveries.list(tenantId, webhookId, page),
      pendingCount: async () => tables.deliveries.pendingCount(),
    },
    settings: settingsOf(tables, writer.write),
    idempotency: {
      begin: (row) => writer.write(() => tables.idempotency.begin(row)),
      finish: (key, response) => writer.write(() => tables.idempotency.finish(key, response)),
      abandon: (key) => writer.write(() => tables.idempotency.abandon(key)),
    },
    value: async (name, make) =>
      tables.values.get(name) ?? (await writer.write(() => tables.values.getOrAdd(name, make))),
    prune: (beforeMs) => writer.write(() => prune(beforeMs)),
    async close() {
      writer.close();
      await checkpointer?.close();
      if (db.open) db.close();
    },
  };
}

function applyChanges(
  tables: Tables,
  changes: Changes,
  { clock, makeId }: Pick<StoreOptions, "clock" | "makeId">,
): void {
  for (const call of changes.calls ?? []) tables.calls.saveCall(call);
  for (const leg of changes.legs ?? []) tables.calls.saveLeg(leg);
  for (const recording of changes.recordings ?? []) tables.recordings.save(recording);
  for (const event of changes.events ?? []) {
    tables.events.add(event);
    const dueAt = clock.wallMs();
    for (const webhook of tables.webhooks.wanting(event.tenantId, event.eventType)) {
      tables.deliveries.add({ id: makeId("dlv"), event, webhookId: webhook.id, url: webhook.url, dueAt });
    }
    if (event.webhookUrl !== null) {
      tables.deliveries.add({ id: makeId("dlv"), event, webhookId: null, url: event.webhookUrl, dueAt });
    }
  }
  if (changes.idempotency) tables.idempotency.bind(changes.idempotency);
}

/** The rows are committed: a listener that throws must not make that look otherwise. */
function tell(
  listeners: readonly ((events: readonly EventRecord[]) => void)[],
  events: readonly EventRecord[],
  log: Log,
): void {
  for (const listener of listeners) {
    try {
      listener(events);
    } catch (error) {
      log.error("event listener failed", { error: messageOf(error) });
    }
  }
}

function callReads(tables: Tables): Store["calls"] {
  const detail = (call: CallRecord): CallDetail => ({
    call,
    legs: tables.calls.legs(call.id),
    recordings: tables.recordings.ofCall(call.id),
  });
  return {
    get: async (tenantId, id) => {
      const call = tables.calls.get(tenantId, id);
      return call && detail(call);
    },
    list: async (tenantId, filter, page) => tables.calls.list(tenantId, filter, page),
    unfinished: async () => tables.calls.unfinished().map(detail),
  };
}

function settingsOf(tables: Tables, write: <T>(job: () => T) => Promise<T>): Store["settings"] {
  return {
    load: async () => tables.settings.load(),
    declare: (declarations) =>
      write(() => {
        for (const declaration of declarations) {
          tables.settings.declare(declaration);
          for (const webhook of declaration.webhooks) tables.webhooks.save({ ...webhook, declared: true });
        }
      }),
    apiKeyByHash: async (hash) => tables.settings.apiKeyByHash(hash),
    webhook: async (id) => tables.webhooks.get(id),
    webhooks: async (tenantId) => tables.webhooks.ofTenant(tenantId),
    saveWebhook: (webhook) => write(() => tables.webhooks.save({ ...webhook, declared: false })),
    deleteWebhook: (tenantId, id) =>
      write(() => {
        const isDeleted = tables.webhooks.delete(tenantId, id);
        if (isDeleted) tables.deliveries.deletePendingOf(id);
        return isDeleted;
      }),
  };
}
