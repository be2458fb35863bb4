export { makeWebhookSender, type WebhookSender, type WebhookSenderOptions } from "./sender.ts";
export { makeWebhookSecret, secretsOf, signatureHeaders, webhookBody } from "./sign.ts";
