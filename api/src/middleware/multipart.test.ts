import { describe, expect, test } from "vitest";
import { boundaryOf, splitForm } from "./multipart.ts";

const form = (...lines: string[]) => Buffer.from(lines.join("\r\n"), "latin1");

describe("multipart/form-data (RFC 7578)", () => {
  test("takes its boundary from the type, quoted or not", () => {
    expect(boundaryOf("multipart/form-data; boundary=abc")).toBe("abc");
    expect(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"')).toBe("a b");
    expect(boundaryOf("application/json")).toBeUndefined();
    expect(boundaryOf("multipart/form-datax; boundary=abc")).toBeUndefined();
    expect(() => boundaryOf("multipart/form-data")).toThrow("no boundary");
    expect(() => boundaryOf(`multipart/form-data; boundary="${"x".repeat(71)}"`)).toThrow("no boundary");
  });

  test("gives every part with its bytes as they are", () => {
    const body = form(
      "--b",
      'Content-Disposition: form-data; name="name"',
      "",
      "greeting",
      "--b",
      'content-disposition: form-data; name="file"; filename="x.wav"',
      "Content-Type: audio/wav",
      "",
      "\u0000--b\r\n\r\n-\u00ff",
      "--b--",
      "",
    );
    const [name, file, ...more] = splitForm(body, "b");
    expect(more).toEqual([]);
    expect([name?.name, name?.isFile, Buffer.from(name?.content ?? []).toString()]).toEqual([
      "name",
      false,
      "greeting",
    ]);
    expect([file?.name, file?.isFile]).toEqual(["file", true]);
    expect(Buffer.from(file?.content ?? []).toString("latin1")).toBe("\u0000--b\r\n\r\n-\u00ff");
  });

  test("takes a part without content", () => {
    const body = form("--b", 'Content-Disposition: form-data; name="name"', "", "", "--b--");
    expect(splitForm(body, "b")).toMatchObject([{ name: "name", content: Buffer.alloc(0) }]);
  });

  test.each([
    ["", "does not begin"],
    ["--c\r\n\r\n", "does not begin"],
    ["--b", "no end of its headers"],
    ['--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nx', "no end"],
    ["--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", "no name"],
    [`--b\r\nX: ${"x".repeat(5000)}\r\n\r\nx\r\n--b--`, "no end of its headers"],
    [`${'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nx\r\n'.repeat(17)}--b--`, "more than 16"],
  ])("refuses %#", (text, why) => {
    expect(() => splitForm(form(text), "b")).toThrow(why);
  });

  test("of many megabytes that never end is refused in no time worth naming", () => {
    const body = Buffer.concat([
      form('--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n'),
      Buffer.alloc(20_000_000, "\r\n-"),
    ]);
    expect(() => splitForm(body, "b")).toThrow("no end");
  });
});
