export { makeWebhookSender, type WebhookSender, type WebhookSenderOptions } from "./sender.ts";
export { makeWebhookSecret, signatureHeaders, webhookBody } from "./sign.ts";
