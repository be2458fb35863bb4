/** Header edits. Each returns a new message; the old one, which a transaction may keep, is never touched. */
import type { Header, SipMessage } from "./message.ts";

const named = (header: Header, lowerName: string): boolean =>
  header.name.length === lowerName.length && header.name.toLowerCase() === lowerName;

/** Adds at the end. */
export function withHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  return { ...message, headers: [...message.headers, { name, value }] };
}

/** Adds on top: a Via of ours, the first Route. */
export function prepend<M extends SipMessage>(message: M, name: string, value: string): M {
  return { ...message, headers: [{ name, value }, ...message.headers] };
}

/** This one in place of all of that name (at the place of the first, else at the end). */
export function replace<M extends SipMessage>(message: M, name: string, value: string): M {
  const lowerName = name.toLowerCase();
  const at = message.headers.findIndex((header) => named(header, lowerName));
  if (at === -1) return withHeader(message, name, value);
  const headers = message.headers.filter((header, i) => i === at || !named(header, lowerName));
  headers[at] = { name, value };
  return { ...message, headers };
}

/** Only the first of that name changes: the top Via among several. */
export function replaceFirst<M extends SipMessage>(message: M, name: string, value: string): M {
  const lowerName = name.toLowerCase();
  const at = message.headers.findIndex((header) => named(header, lowerName));
  return at === -1
    ? withHeader(message, name, value)
    : { ...message, headers: message.headers.with(at, { name, value }) };
}

/** Without any of that name. */
export function without<M extends SipMessage>(message: M, name: string): M {
  const lowerName = name.toLowerCase();
  return { ...message, headers: message.headers.filter((header) => !named(header, lowerName)) };
}
