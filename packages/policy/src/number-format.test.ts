import type { NumberChange } from "@voepy/store";
import { describe, expect, test } from "vitest";
import { incomingNumber, outgoingNumber } from "./number-format.ts";
import { USUAL_ROUTE } from "./route-options.ts";

const change = (more: Partial<NumberChange>): NumberChange => ({ ...USUAL_ROUTE.called, ...more });
const NOWHERE = USUAL_ROUTE;
const AMERICA = { defaultCountryCode: "1", nationalPrefix: "", internationalPrefix: "011" };
const BRITAIN = { defaultCountryCode: "44", nationalPrefix: "0", internationalPrefix: "00" };

describe("a number on its way out", () => {
  test.each([
    ["e164 keeps the plus", "+15125550100", change({}), NOWHERE, "+15125550100"],
    ["e164_no_plus drops it", "+15125550100", change({ format: "e164_no_plus" }), NOWHERE, "15125550100"],
    ["national in the own country", "+442079460000", change({ format: "national" }), BRITAIN, "02079460000"],
    ["national to another country", "+15125550100", change({ format: "national" }), BRITAIN, "0015125550100"],
    ["national in America has no prefix", "+15125550100", change({ format: "national" }), AMERICA, "5125550100"],
    ["abroad from America", "+442079460000", change({ format: "national" }), AMERICA, "011442079460000"],
    ["stripped, then prepended", "+15125550100", change({ stripDigits: 1, prepend: "9" }), NOWHERE, "95125550100"],
    ["a technical prefix", "+15125550100", change({ prepend: "1234#" }), NOWHERE, "1234#15125550100"],
    ["a prefix with a plus", "+5125550100", change({ prepend: "+1" }), NOWHERE, "+15125550100"],
    ["what is no number stays", "sip:a@b", change({ format: "national", prepend: "9" }), BRITAIN, "sip:a@b"],
  ])("%s", (...[, number, how, dialling, wanted]) => {
    expect(outgoingNumber(number, how, dialling)).toBe(wanted);
  });
});

describe("a number as a carrier wrote it", () => {
  test.each([
    ["with a plus", "+442079460000", AMERICA, "+442079460000"],
    ["without a country it is international", "15125550100", NOWHERE, "+15125550100"],
    ["ten digits in America", "5125550100", AMERICA, "+15125550100"],
    ["eleven digits in America", "15125550100", AMERICA, "+15125550100"],
    ["with the way abroad", "011442079460000", AMERICA, "+442079460000"],
    ["national in Britain", "02079460000", BRITAIN, "+442079460000"],
    ["international in Britain", "442079460000", BRITAIN, "+442079460000"],
    ["with the way abroad from Britain", "0015125550100", BRITAIN, "+15125550100"],
    ["with marks between the digits", "(512) 555-0100", AMERICA, "+15125550100"],
  ])("%s", (_name, written, dialling, wanted) => {
    expect(incomingNumber(written, dialling)).toBe(wanted);
  });
});
