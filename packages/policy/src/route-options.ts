/** The usual trunk, and what one route says differently. */
import type { NumberChange, RouteOptions, RouteRecord } from "@voepy/store";

const AS_IT_IS: NumberChange = { format: "e164", stripDigits: 0, prepend: "" };

export const USUAL_ROUTE: RouteOptions = {
  failoverRouteId: null,
  followRedirects: false,
  optionsPingSecs: 30,
  called: AS_IT_IS,
  caller: AS_IT_IS,
  defaultCountryCode: null,
  nationalPrefix: "",
  internationalPrefix: "00",
  srtp: "off",
  sessionTimers: "accept",
  maxChannels: null,
  maxCps: null,
  callerIdHeader: "from",
  trustPai: false,
  contactUser: null,
  registerExpiresSecs: 3600,
};

export function optionsOf(route: RouteRecord): RouteOptions {
  return route.options === undefined ? USUAL_ROUTE : { ...USUAL_ROUTE, ...route.options };
}

/** User part of our Contact at the route's registrar; undefined when the route does not register. */
export function contactUserOf(route: RouteRecord): string | undefined {
  if (route.auth.mode !== "registration") return undefined;
  return optionsOf(route).contactUser ?? route.auth.username;
}
