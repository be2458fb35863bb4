/** Settings as the store shows them: tables behind the group commit, and those who want to know of changes. */
import type { Tables, Write } from "./open-store.ts";
import type { Configured, Store } from "./store.ts";
import type { ConfiguredTable } from "./tables/configured.ts";

export function makeSettings(tables: Tables, write: Write): Store["settings"] {
  const { settings, webhooks } = tables;
  const listeners: (() => Promise<void> | void)[] = [];
  /** Writes, then waits for those who listen. */
  const change: Write = async (job) => {
    const result = await write(job);
    for (const listener of listeners) await listener();
    return result;
  };
  return {
    load: async () => settings.load(),
    declare: (declarations) =>
      change(() => {
        for (const declaration of declarations) {
          settings.declare(declaration);
          for (const webhook of declaration.webhooks) webhooks.save({ ...webhook, declared: true });
        }
      }),
    onChange: (listener) => void listeners.push(listener),
    tenants: {
      get: async (id) => settings.tenants.get(id),
      list: async (page) => settings.tenants.list(page),
      save: (tenant) => change(() => settings.tenants.save(tenant)),
      delete: (id) => change(() => deleteTenant(tables, id)),
    },
    numbers: configured(settings.numbers, change),
    routes: configured(settings.routes, change),
    sipUsers: configured(settings.sipUsers, change),
    apiKeys: configured(settings.apiKeys, change),
    apiKeyByHash: async (hash) => settings.apiKeyByHash(hash),
    touchApiKey: (id, wallMs) => write(() => settings.touchApiKey(id, wallMs)),
    webhook: async (id) => webhooks.get(id),
    webhooks: async (tenantId) => webhooks.ofTenant(tenantId),
    webhookPage: async (tenantId, page) => webhooks.list(tenantId, page),
    saveWebhook: (webhook) => write(() => webhooks.save(webhook)),
    deleteWebhook: (tenantId, id) =>
      write(() => {
        const isDeleted = webhooks.delete(tenantId, id);
        if (isDeleted) tables.deliveries.deletePendingOf(id);
        return isDeleted;
      }),
  };
}

export function configured<Row>(table: ConfiguredTable<Row>, write: Write): Configured<Row> {
  return {
    get: async (tenantId, id) => table.get(tenantId, id),
    list: async (tenantId, page) => table.list(tenantId, page),
    save: (row) => write(() => table.save(row)),
    delete: (tenantId, id) => write(() => table.delete(tenantId, id)),
  };
}

function deleteTenant(tables: Tables, id: string): boolean {
  const { tenants, apiKeys, numbers, routes, sipUsers } = tables.settings;
  for (const table of [apiKeys, numbers, routes, sipUsers, tables.media]) table.deleteAllOf(id);
  for (const webhook of tables.webhooks.ofTenant(id)) {
    tables.webhooks.delete(id, webhook.id);
    tables.deliveries.deletePendingOf(webhook.id);
  }
  return tenants.delete(id);
}
